import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceWebhooks
import SluiceWorker

/// A worker of the queue `load`, whose jobs tell how far they have come, and of the web hooks that hear of it.
enum HookWorker {
    static let secret = "a secret of enough bytes"

    /// Arguments: URL, namespace, lease in ms.
    static func main(_ arguments: [String]) async throws {
        guard arguments.count == 3 else { exit(2) }
        alarm(300)
        let logger = Logger(label: "hook-worker") { StreamLogHandler.standardError(label: $0) }
        var options = SluiceClient.Options()
        options.namespace = try Namespace(arguments[1])
        let client = try await SluiceClient(.url(arguments[0]), options: options, logger: logger)
        let sender = try WebhookSender(
            WebhookOptions(
                secrets: [try WebhookSecret(secret)], timeout: .seconds(60), maxAttempts: 1000, retry: .fixed(.milliseconds(20)),
                allowed: AddressRange.all))
        let queues = [
            Queue("load", concurrency: 5, maxCrashes: 1000),
            Queue(Notify.queue, concurrency: 5, maxCrashes: 1000, limits: [.concurrency(10, partition: "host")]),
        ]
        let worker = Worker(
            client, queues: queues,
            options: WorkerOptions(lease: .milliseconds(Int(arguments[2]) ?? 1000), grace: .seconds(5)), logger: logger)
        worker.handleOthers { _, context in
            try await context.progress(0.5, note: "half")
            return .completed(JSONOutput(text: Array("1".utf8)))
        }
        worker.deliverWebhooks(by: sender)
        try await worker.run()
    }
}
