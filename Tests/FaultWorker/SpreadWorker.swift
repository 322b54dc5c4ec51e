import Foundation
import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceWorker
import UnixSignals

/// A worker of any queues, which writes the lines of a `FaultWorker`. What it logs goes to the log file's path with `.PID.err`.
enum SpreadWorker {
    /// Arguments: URL, namespace, log file, queues with commas between, concurrency, ms that a run takes, `batched` or `confirmed`,
    /// lease in ms; then limits of each queue, as name, value, name, value.
    static func main(_ arguments: [String]) async throws {
        guard arguments.count >= 8, arguments.count % 2 == 0 else { exit(2) }
        alarm(300)
        let errors = open("\(arguments[2]).\(getpid()).err", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if errors < 0 || dup2(errors, STDERR_FILENO) < 0 { throw CocoaError(.fileWriteUnknown) }
        let logger = Logger(label: "spread-worker") { StreamLogHandler.standardError(label: $0) }
        let log = try RunLog(path: arguments[2])
        var options = SluiceClient.Options()
        options.namespace = try Namespace(arguments[1])
        let client = try await SluiceClient(.url(arguments[0]), options: options, logger: logger)
        let length = Duration.milliseconds(Int(arguments[5]) ?? 0)
        let limits = stride(from: 8, to: arguments.count, by: 2).map { Limit(name: arguments[$0], value: arguments[$0 + 1]) }
        let queues = arguments[3].split(separator: ",").map { name in
            Queue(
                QueueName(stringLiteral: String(name)), concurrency: Int(arguments[4]) ?? 1,
                ack: Queue.AckMode(rawValue: arguments[6]) ?? .batched,
                keepsCompleted: .init(count: 100_000, age: .seconds(3600)), maxCrashes: 1000, limits: limits)
        }
        let worker = Worker(
            client, queues: queues,
            options: WorkerOptions(
                lease: .milliseconds(Int(arguments[7]) ?? 1000), grace: .seconds(5), cancellationGrace: .milliseconds(500)),
            logger: logger)
        worker.handleOthers { _, context in
            log.write("start \(context.id) \(context.fence)", isTimed: true)
            // What the work takes.
            if length > .zero { try await ContinuousClock().sleep(for: length) }
            log.write("end \(context.id) \(context.fence)", isTimed: true)
            return .completed(JSONOutput(text: nil))
        }
        try await ServiceGroup(services: [client, worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }
}
