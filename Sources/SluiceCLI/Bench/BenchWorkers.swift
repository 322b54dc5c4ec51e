import Foundation
import SluiceCore
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
    private let identifiers = Identifiers()

    /// Processes that run a command of the tool, such as `["worker", "mail", "--exec", "true"]`.
    init(url: String, namespace: Namespace, program: String = ProgramPath.current, command: [String]) {
        self.url = url
        self.program = program
        arguments = command + ["--namespace", namespace.text]
    }

    /// Processes that run jobs of `bench`.
    /// - Parameter limits: Limits that they declare.
    init(url: String, namespace: Namespace, queue: QueueName, concurrency: Int, limits: [String] = []) {
        self.init(
            url: url, namespace: namespace,
            command: ["bench-worker", queue.text, "\(concurrency)"] + limits.flatMap { ["--limit", $0] })
        logsJobs = false
    }

    private actor Identifiers {
        var all: [ProcessIdentifier] = []

        func add(_ one: ProcessIdentifier) { all.append(one) }
    }

    /// Runs `count` processes while `body` runs.
    func run(_ count: Int, while body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask { try await one() }
            }
            try await body()
            group.cancelAll()
            // Results of cancelled tasks are ignored.
            while let result = await group.nextResult() { _ = result }
        }
    }

    private func one() async throws {
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        // Commands of the tool log each job.
        let errors = logsJobs ? try FileDescriptor.open("/dev/null", .writeOnly) : .standardError
        _ = try await Subprocess.run(
            .path(FilePath(program)),
            // Arguments can be read by everyone on this machine, and the URL may have a password.
            arguments: Arguments(arguments), environment: .inherit.updating(["SLUICE_REDIS_URL": url]),
            platformOptions: platform, input: .inputWriter, output: .discarded,
            error: .fileDescriptor(errors, closeAfterSpawningProcess: logsJobs)
        ) { execution in
            await identifiers.add(execution.processIdentifier)
            // Waits until the measurement is over and cancels this task. A bench-worker ends with its standard input, which this
            // process holds.
            while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
        }
    }

    /// The resident memory of the first process, in bytes; nil if the system does not provide it, or before the process has
    /// started.
    func residentBytes() async -> Double? { await identifiers.all.first.flatMap { ResidentMemory.bytes(of: $0.value) } }

    /// The processor time of all processes so far, in seconds; 0 if the system does not provide it.
    func processorSeconds() async throws -> Double {
        var ticks = 0.0
        for process in await identifiers.all {
            guard let text = try? String(contentsOfFile: "/proc/\(process.value)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { continue }
            let fields = text[end...].split(separator: " ")
            if fields.count > 13 { ticks += (Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0) }
        }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
