import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceWorker

/// A worker of the queues `load` and `away`. A job whose arguments are `"spawn"` enqueues one in `away` with its outcome, whose id
/// is its own with a dash and the number of the attempt; one of the kind `failing` is discarded. It writes the lines of a
/// `FaultWorker`.
enum ChainWorker {
    /// Arguments: URL, namespace, log file, lease in ms, `batched` or `confirmed`, ms that a run takes.
    static func main(_ arguments: [String]) async throws {
        guard arguments.count == 6, let ack = Queue.AckMode(rawValue: arguments[4]) else { exit(2) }
        alarm(300)
        let logger = Logger(label: "chain-worker") { StreamLogHandler.standardError(label: $0) }
        let log = try RunLog(path: arguments[2])
        var options = SluiceClient.Options()
        options.namespace = try Namespace(arguments[1])
        let client = try await SluiceClient(.url(arguments[0]), options: options, logger: logger)
        let length = Duration.milliseconds(Int(arguments[5]) ?? 0)
        let queues = ["load", "away"].map { Queue($0, concurrency: 10, ack: ack, maxCrashes: 1000) }
        let worker = Worker(
            client, queues: queues,
            options: WorkerOptions(lease: .milliseconds(Int(arguments[3]) ?? 1000), grace: .seconds(5)), logger: logger)
        worker.handleOthers { text, context in
            log.write("start \(context.id) \(context.fence)", isTimed: true)
            if text == Array("\"spawn\"".utf8) {
                var request = try JobRequest(kind: "load", queue: "away", arguments: "1")
                request.id = JobID("\(context.id)-\(context.attempt)")
                try context.enqueue(request)
            }
            // What the work takes.
            if length > .zero { try await ContinuousClock().sleep(for: length) }
            log.write("end \(context.id) \(context.fence)", isTimed: true)
            if context.kind == "failing" { return .discard(reason: "as its kind says") }
            return .completed(JSONOutput(text: nil))
        }
        try await worker.run()
    }
}
