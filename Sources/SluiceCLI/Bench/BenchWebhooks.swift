import Foundation
import Sluice
import SluiceCore
import SluiceStore
import SluiceToolSupport
import SluiceWorker

/// The measurement of web hooks.
extension BenchModes {
    /// The most notifications; more take longer and show nothing new.
    private static let mostHooks = 20_000

    /// Notifications that wait, delivered by one process to a receiver in this process.
    func webhooks(_ result: inout BenchResult) async throws {
        let receiver = try await BenchReceiver()
        let client = try await client()
        let told: QueueName = "bench-told"
        let count = min(jobs, Self.mostHooks)
        _ = try await client.store.call(Pause(reason: "until all is there", mayBeNew: true), on: Notify.queue)
        try await client.enqueue(try requests(count, of: told, receiver.url))
        // There is one receiver, and it may have all of them.
        let places = "\(min(concurrency, 200))"
        var stretch: Stretch?
        try await withSenders(["--concurrency", places, "--limit", "concurrency=\(places)/host"]) { senders in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [worker = teller(client, told)] in try await worker.run() }
                try await wait(client, Notify.queue, on: senders) { $0["workers"] == "1" && $0["total_enqueued"] == "\(count)" }
                stretch = try await Stretch.measure(ServerMeter(store: client.store), count: count) {
                    _ = try await client.store.call(Resume(), on: Notify.queue)
                    try await wait(client, Notify.queue, on: senders) { $0["total_completed"] == "\(count)" }
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        result.add("webhooks_per_s", stretch?.perSecond, "web hooks delivered to a local receiver", "hooks/s", digits: 0)
        result.add("redis_us_webhook", stretch?.redisMicroseconds, "  Redis CPU", "µs/hook")
        await receiver.close()
        for queue in [told, Notify.queue] { try await empty(queue, client) }
        await client.close()
    }

    /// A process that delivers web hooks runs while `body` does.
    func withSenders(_ options: [String] = [], _ body: (BenchWorkers) async throws -> Void) async throws {
        let program = try ProgramPath.companion("sluice-webhooks")
        let secret = FileManager.default.temporaryDirectory.appending(path: "sluice-bench-\(UUID().uuidString)").path
        let isWritten = FileManager.default.createFile(
            atPath: secret, contents: Data("only for measurements\n".utf8), attributes: [.posixPermissions: 0o600])
        if !isWritten { throw SluiceError(.invalidArgument, "cannot write the file \(secret)") }
        defer { try? FileManager.default.removeItem(atPath: secret) }
        let senders = BenchWorkers(
            url: url, namespace: self.options.namespace, program: program,
            command: ["--secret-file", secret, "--allow-private", "--json"] + options)
        try await senders.run(1) { try await body(senders) }
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
}
