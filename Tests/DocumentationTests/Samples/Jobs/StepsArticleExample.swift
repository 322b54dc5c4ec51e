import Sluice
import SluiceWorker

struct Charge: Job {
    static let kind = "charge"
    static let options = JobOptions(queue: "payments")
    var order: String
    var cents: Int
}

func cashier(
    _ sluice: SluiceClient, pay: @escaping @Sendable (_ cents: Int, _ key: String) async throws -> String
) -> Worker {
    let worker = Worker(sluice, queues: [Queue("payments")])
    worker.handle(Charge.self) { job, context in
        let receipt = try await context.once("pay") { token in try await pay(job.cents, token.text) }
        try await context.progress(1, note: "receipt \(receipt)")
    }
    return worker
}
