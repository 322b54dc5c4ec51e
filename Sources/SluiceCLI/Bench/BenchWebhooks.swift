import Sluice
import SluiceCore
import SluiceStore
import SluiceWebhooks
import SluiceWorker

/// The measurement of web hooks.
extension BenchModes {
    /// The most notifications; more take longer and show nothing new.
    private static let mostHooks = 20_000

    /// Delivers waiting notifications by one worker to a receiver, both in this process.
    func webhooks(_ result: inout BenchResult) async throws {
        let receiver = try await BenchReceiver()
        let client = try await client()
        let told: QueueName = "bench-told"
        let count = min(jobs, Self.mostHooks)
        let sender = try WebhookSender(
            WebhookOptions(secrets: [try WebhookSecret("only for measurements")], allowed: AddressRange.all))
        _ = try await client.store.call(Pause(reason: "until all is there"), on: Notify.queue)
        try await client.enqueue(try requests(count, of: told, receiver.url))
        var stretch: Stretch?
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in [teller(client, told), deliverer(client, sender)] { group.addTask { try await worker.run() } }
            try await wait(client, Notify.queue) { $0["total_enqueued"] == "\(count)" }
            stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
                _ = try await client.store.call(Resume(), on: Notify.queue)
                try await wait(client, Notify.queue) { $0["total_completed"] == "\(count)" }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        result.webhooksPerSecond = stretch.map { Double(count) / $0.seconds }
        result.redisMicrosecondsWebhook = stretch.map { $0.redisMicroseconds / Double(count) }
        await sender.close()
        await receiver.close()
        for queue in [told, Notify.queue] { try await empty(queue, client) }
        await client.close()
    }

    private func requests(_ count: Int, of queue: QueueName, _ url: String) throws -> [JobRequest] {
        let text = text
        return try (0..<count).map { number in
            var request = try JobRequest(BenchJob(number: number, text: text))
            request.queue = queue
            request.notify = Notify(url)
            return request
        }
    }

    private func teller(_ client: SluiceClient, _ queue: QueueName) -> Worker {
        let worker = Worker(
            client, queues: [Queue(queue, concurrency: concurrency)], options: WorkerOptions(grace: .zero), logger: logger)
        worker.handle(BenchJob.self) { (_, _) -> Void in }
        return worker
    }

    private func deliverer(_ client: SluiceClient, _ sender: WebhookSender) -> Worker {
        // All places may go to the one receiver.
        let places = min(concurrency, 200)
        let worker = Worker(
            client,
            queues: [Queue(Notify.queue, concurrency: places, limits: [.concurrency(places, per: "host")])],
            options: WorkerOptions(grace: .zero), logger: logger)
        worker.deliverWebhooks(by: sender)
        return worker
    }
}
