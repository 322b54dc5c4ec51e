import Foundation
import SluiceCore
import SluiceToolSupport
import Subprocess
import SystemPackage

/// Worker processes of a benchmark: this program again, with a hidden command, or the one that delivers web hooks.
struct BenchWorkers {
    let url: String
    /// The path of the program.
    let program: String
    /// The command and its arguments.
    let arguments: [String]
    private var logsJobs = true
    private let state = State()

    /// Processes that run a command of the tool, such as `["worker", "mail", "--exec", "true"]`.
    init(url: String, namespace: Namespace, program: String = ProgramPath.current, command: [String]) {
        self.url = url
        self.program = program
        arguments = command + ["--namespace", namespace.text]
    }

    /// Processes that run jobs of `bench`.
    /// - Parameters:
    ///   - limits: Limits that they declare.
    ///   - takes: The mean time that a job takes, in ms; 0 for jobs that do nothing.
    init(url: String, namespace: Namespace, queue: QueueName, concurrency: Int, limits: [String] = [], takes: Int = 0) {
        self.init(
            url: url, namespace: namespace,
            command: ["bench-worker", queue.text, "\(concurrency)"] + limits.flatMap { ["--limit", $0] }
                + (takes > 0 ? ["--takes", "\(takes)"] : []))
        logsJobs = false
    }

    private actor State {
        var all: [ProcessIdentifier] = []
        /// Why a process ended before its time.
        var failure: Failure?

        func add(_ one: ProcessIdentifier) { all.append(one) }

        func fail(_ failure: Failure) { self.failure = self.failure ?? failure }
    }

    /// Throws if a process has ended by itself, or could not be started: what it was to do is then never done.
    func check() async throws { if let failure = await state.failure { throw failure } }

    /// Runs `count` processes while `body` runs.
    func run(_ count: Int, while body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask { await one() }
            }
            try await body()
            group.cancelAll()
            // Results of cancelled tasks are ignored.
            while let result = await group.nextResult() { _ = result }
        }
    }

    /// One process, until this task is cancelled.
    private func one() async {
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let name = FilePath(program).lastComponent?.string ?? program
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)),
                // Arguments can be read by everyone on this machine, and the URL may have a password.
                arguments: Arguments(arguments), environment: .inherit.updating(["SLUICE_REDIS_URL": url]),
                platformOptions: platform, input: .inputWriter, output: .discarded, error: .sequence
            ) { execution in
                await state.add(execution.processIdentifier)
                // A bench-worker ends with its standard input, which this process holds.
                return await lastLine(of: execution.standardError)
            }
            if Task.isCancelled { return }
            let said = result.closureResult
            await state.fail(Failure("\(name) ended by itself (\(result.terminationStatus))\(said.isEmpty ? "" : ": \(said)")"))
        } catch {
            if !Task.isCancelled { await state.fail(Failure("\(name) cannot be started: \(error)")) }
        }
    }

    /// Reads to the end of a process. Commands of the tool log each job; what others say is an error, and is passed on.
    private func lastLine(of errors: SubprocessOutputSequence) async -> String {
        var last = ""
        do {
            for try await line in errors.strings() {
                if !line.allSatisfy(\.isWhitespace) { last = line.trimmingCharacters(in: .whitespacesAndNewlines) }
                if !logsJobs { try? Terminal.errors.line(last) }
            }
        } catch {
            // The process is gone, or this task is cancelled.
        }
        return last
    }

    /// The resident memory of the first process, in bytes; nil if the system does not provide it, or before the process has
    /// started.
    func residentBytes() async -> Double? { await state.all.first.flatMap { ResidentMemory.bytes(of: $0.value) } }

    /// The processor time of all processes so far, in seconds; nil if the system does not provide it.
    func processorSeconds() async -> Double? {
        var ticks: Double?
        for process in await state.all {
            guard let text = try? String(contentsOfFile: "/proc/\(process.value)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { continue }
            let fields = text[end...].split(separator: " ")
            if fields.count > 13 { ticks = (ticks ?? 0) + (Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0) }
        }
        return ticks.map { $0 / Double(sysconf(Int32(_SC_CLK_TCK))) }
    }

    /// The processor time of all processes since an earlier reading, in seconds.
    func processorSeconds(since before: Double?) async -> Double? {
        guard let before, let now = await processorSeconds() else { return nil }
        return now - before
    }
}
