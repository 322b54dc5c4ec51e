import Foundation
import Hiredis
import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceStore
import SluiceWorker
import UnixSignals

/// A worker process for the tests of faults. It writes a line to a log at the start and at the end of each run:
/// `start id fence pid time`, `end id fence pid time`, times in microseconds since 1970, as Redis on the same machine has them.
/// A job of the kind `charged` also charges somebody, once: `charge id token pid time`.
///
/// With `permits` for the first argument it works with permits of a semaphore instead: see `PermitHolder`; with `chain`, it serves
/// two queues: see `ChainWorker`; with `hooks`, it delivers to web hooks: see `HookWorker`; with `spread`, it serves any queues: see
/// `SpreadWorker`.
///
/// `SLUICE_TEST_LIBRARY` in its environment is the revision of its library, as if it came from another build.
///
/// Arguments: URL, namespace, log file, concurrency, ms that a run takes, `batched` or `confirmed`, lease in ms, grace in ms;
/// then limits that it declares, as name, value, name, value.
@main
enum FaultWorker {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.dropFirst().first == "permits" { return try await PermitHolder.main(Array(arguments.dropFirst(2))) }
        if arguments.dropFirst().first == "chain" { return try await ChainWorker.main(Array(arguments.dropFirst(2))) }
        if arguments.dropFirst().first == "spread" { return try await SpreadWorker.main(Array(arguments.dropFirst(2))) }
        if arguments.dropFirst().first == "hooks" { return try await HookWorker.main(Array(arguments.dropFirst(2))) }
        guard arguments.count >= 9, arguments.count % 2 == 1 else { exit(2) }
        // Tests that crash leave nobody behind for long.
        alarm(300)
        let logger = Logger(label: "fault-worker") { StreamLogHandler.standardError(label: $0) }
        let log = try RunLog(path: arguments[3])
        let length = Duration.milliseconds(Int(arguments[5]) ?? 0)
        var options = SluiceClient.Options()
        options.namespace = try Namespace(arguments[2])
        let client = try await connect(to: arguments[1], options, logger)
        let queue = Queue(
            "load", concurrency: Int(arguments[4]) ?? 1, ack: Queue.AckMode(rawValue: arguments[6]) ?? .batched,
            keepsCompleted: .init(count: 100_000, age: .seconds(3600)), maxCrashes: 1000,
            limits: stride(from: 9, to: arguments.count, by: 2).map { Limit(name: arguments[$0], value: arguments[$0 + 1]) })
        let worker = Worker(
            client, queues: [queue],
            options: WorkerOptions(
                lease: .milliseconds(Int(arguments[7]) ?? 1000), grace: .milliseconds(Int(arguments[8]) ?? 1000),
                cancellationGrace: .milliseconds(500)),
            logger: logger)
        worker.handleOthers { _, context in
            log.write("start \(context.id) \(context.fence)", isTimed: true)
            if context.kind == "charged" {
                try await context.once("charge") { token in log.write("charge \(context.id) \(token)", isTimed: true) }
            }
            // What the work takes.
            if length > .zero { try await ContinuousClock().sleep(for: length) }
            log.write("end \(context.id) \(context.fence)", isTimed: true)
            return .completed(JSONOutput(text: nil))
        }
        worker.handleChunk(ChunkedLoad.self, size: min(5, queue.concurrency), within: .milliseconds(50)) { chunk in
            for member in chunk.members { log.write("start \(member.id) \(member.fence)", isTimed: true) }
            if length > .zero { try await ContinuousClock().sleep(for: length) }
            for member in chunk.members where member.isOpen { log.write("end \(member.id) \(member.fence)", isTimed: true) }
        }
        try await ServiceGroup(services: [client, worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }

    private static func connect(to url: String, _ options: SluiceClient.Options, _ logger: Logger) async throws -> SluiceClient {
        guard let revision = ProcessInfo.processInfo.environment["SLUICE_TEST_LIBRARY"].flatMap({ Int($0) }) else {
            return try await SluiceClient(.url(url), options: options, logger: logger)
        }
        let store = Store(
            try RedisConfiguration(url: url), namespace: options.namespace, logger: logger, libraryRevision: revision)
        return try await SluiceClient(store, options: options, logger: logger)
    }
}

/// A job of a load that runs in chunks. Its arguments are a number.
struct ChunkedLoad: Job {
    static let kind = "chunked"
    static let options = JobOptions(queue: "load")
    var number: Int

    init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(Int.self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// A file that several processes append lines to.
struct RunLog: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw CocoaError(.fileWriteUnknown) }
    }

    func write(_ line: String, isTimed: Bool = false) {
        let time = isTimed ? " \(Int(Date().timeIntervalSince1970 * 1_000_000))" : ""
        let bytes = Array("\(line) \(getpid())\(time)\n".utf8)
        _ = Foundation.write(descriptor, bytes, bytes.count)
    }
}
