import Foundation
import SluiceCore
import SluiceToolSupport
import SluiceWorker
import Subprocess
import SystemPackage

/// The command that an exec worker runs for each job: any program, in any language.
///
/// The job's arguments come on standard input, its other data in the environment. The exit status decides the outcome of the job:
/// see `ExecEnd`.
struct ExecCommand: Sendable {
    /// The program's file.
    let path: String
    /// The words of the command, the program's name first.
    let words: [String]
    /// The most bytes of a result.
    var resultLimit = 1 << 20
    /// The bytes of standard error to keep of a failed child. With the exit status in front, they fit in the job's history.
    var errorLimit = 4000
    /// How long a child may take to end after SIGTERM, before SIGKILL.
    var killGrace = Self.standardKillGrace
    /// That of the tool.
    static let standardKillGrace = Duration.seconds(5)
    /// Ends the children if this process dies.
    var reaper: ExecReaper?

    /// Splits the command and finds its program.
    /// - Throws: `invalidArgument`.
    init(_ text: String, searchPath: String? = nil) throws(SluiceError) {
        words = try CommandLineText.split(text)
        guard let name = words.first, !name.isEmpty else {
            throw SluiceError(.invalidArgument, "--exec needs a command, such as --exec 'python3 resize.py'")
        }
        path = try ProgramSearch.find(
            name, in: searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    }

    /// Runs a job's child to its end, and then kills the rest of its process group.
    /// - Throws: `WorkerUnable` if it cannot be started.
    func run(_ arguments: [UInt8], _ context: JobContext) async throws -> ExecEnd {
        try await run(arguments, environment: Self.environment(of: context), reach: context.redaction.reach)
    }

    /// The child's environment. It does not contain the URL and the password of Redis.
    static func environment(of context: JobContext) -> [String: String] {
        [
            "SLUICE_JOB_ID": context.id.text, "SLUICE_QUEUE": context.queue.text,
            // A C string cannot contain a NUL.
            "SLUICE_KIND": context.kind.replacing("\0", with: ""), "SLUICE_ATTEMPT": "\(context.attempt)",
            "SLUICE_FENCE": "\(context.fence)", "SLUICE_ARGS_VERSION": "\(context.version)",
            "SLUICE_UNAVAILABLE": context.without.sorted().joined(separator: ","),
        ]
    }

    /// - Parameter reach: Bytes to keep beyond the cuts of the outputs.
    func run(_ input: [UInt8], environment: [String: String], reach: Int = 0) async throws -> ExecEnd {
        guard let reaper else {
            return try await launch(input, named: "arguments", environment, reach) { _ in
            } ended: { _ in
            }
        }
        let run = await reaper.begin()
        let marked = environment.merging([ExecReaper.variable: run.mark]) { $1 }
        do {
            return try await launch(input, named: run.inputName, marked, reach) { child in
                await reaper.started(run, group: child)
            } ended: { said in
                await reaper.ended(run, isSwept: said.wasInterrupted)
            }
        } catch {
            await reaper.ended(run, isSwept: false)
            throw error
        }
    }

    /// - Parameters:
    ///   - started: Receives the child's process id, which is also that of its group.
    ///   - ended: Called before another process can get the id.
    private func launch(
        _ input: [UInt8], named name: String, _ environment: [String: String], _ reach: Int, started: (Int32) async -> Void,
        ended: (ExecStreams.Said) async -> Void
    ) async throws -> ExecEnd {
        var hidden: [String: String?] = [
            "SLUICE_REDIS_URL": nil, "REDISCLI_AUTH": nil, KeysOptions.variable: nil, GlobalOptions.passwordFileVariable: nil,
            SettingsOptions.variable: nil,
        ]
        for variable in SystemdNotifier.variables { hidden.updateValue(nil, forKey: variable) }
        let variables = ExecEnvironment(changing: hidden.merging(environment) { $1 })
        var platform = PlatformOptions()
        // A separate process group: Ctrl-C at the terminal is for the worker, and a signal to the group reaches the child's
        // children.
        platform.processGroupID = 0
        platform.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: killGrace)
        ]
        var isStarted = false
        try await LaunchGate.shared.enter()
        do {
            let input = try ExecInput(input, named: name)
            defer { withExtendedLifetime(input) {} }
            let result = try await Subprocess.run(
                .path(FilePath(path)),
                arguments: Arguments(executablePathOverride: words[0], remainingValues: Array(words.dropFirst())),
                environment: variables.environment, platformOptions: platform,
                input: .fileDescriptor(input.file, closeAfterSpawningProcess: false), output: .sequence, error: .sequence
            ) { execution in
                isStarted = true
                await LaunchGate.shared.leave()
                let child = execution.processIdentifier.value
                await started(child)
                let said = await ExecStreams(child: child).serve(
                    execution, output: OutputHead(limit: resultLimit, reach: reach),
                    errors: OutputTail(limit: errorLimit, reach: reach))
                await ended(said)
                return said
            }
            let said = result.closureResult
            return ExecEnd(
                status: ExecEnd.Status(result.terminationStatus), output: said.output, errors: said.errors,
                wasInterrupted: said.wasInterrupted)
        } catch {
            if isStarted { throw error }
            await LaunchGate.shared.leave()
            if let error = error as? Errno { throw WorkerUnable("the command cannot be started: its input: \(error)") }
            guard let error = error as? SubprocessError, error.underlyingError != .argListTooLong else { throw error }
            throw WorkerUnable("the command cannot be started: \(Self.explanation(error))")
        }
    }

    private static func explanation(_ error: SubprocessError) -> String {
        guard let reason = error.underlyingError else { return "\(error)" }
        return error.code == .executableNotFound ? "\(error) \(reason)" : "\(reason)"
    }
}

extension ExecEnd.Status {
    fileprivate init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .killed(signal: signal)
        }
    }
}
