import Foundation
import Logging
import ServiceLifecycle
import Sluice
import SluiceWebhooks
import SluiceWorker

// What the blocks of the article on web hooks need to be whole.

struct Film: Job {
    static let kind = "film"
    static let options = JobOptions(queue: "films", keepsResult: true)
    var script: String
}

func order(_ film: Film, with sluice: SluiceClient, tell url: URL) async throws -> JobID {
    try await sluice.enqueue(film) { $0.notify = Notify(url, on: [.progress, .ended]) }.id
}

func serve(_ sluice: SluiceClient, secret: String) async throws {
    let sender = try WebhookSender(WebhookOptions(secrets: [WebhookSecret(secret)]))
    let worker = Worker(sluice, queues: [Queue(Notify.queue, concurrency: 50)])
    worker.deliverWebhooks(by: sender)
    try await ServiceGroup(services: [sluice, sender, worker], logger: Logger(label: "hooks")).run()
}

func receive(_ body: [UInt8], _ header: (String) -> String?, _ verifier: WebhookVerifier) -> Int {
    do {
        let event = try verifier.event(body, headers: header)
        print("\(event.job) is \(event.state)")
        return 204
    } catch {
        return 400
    }
}
