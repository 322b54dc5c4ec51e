import Sluice
import SluiceWorker

struct Index: Job {
    static let kind = "index"
    static let options = JobOptions(queue: "search", timeout: .seconds(20))
    var account: String
    var document: String
    var partitions: Partitions { ["account": account] }
}

struct Charge: Job {
    static let kind = "charge"
    var order: String
    var cents: Int
}

func accountant(
    _ sluice: SluiceClient, add: @escaping @Sendable (_ documents: [String]) async throws -> Void,
    pay: @escaping @Sendable (_ cents: Int, _ key: String) async throws -> String
) -> Worker {
    let worker = Worker(sluice, queues: [Queue("search", concurrency: 200), Queue("default")])
    worker.handleChunk(Index.self, size: 100, within: .seconds(1), per: "account") { chunk in
        for member in chunk.members where member.job.document.isEmpty { member.settle(.discard(reason: "it is empty")) }
        try await add(chunk.members.filter(\.isOpen).map(\.job.document))
    }
    worker.handle(Charge.self) { job, context in
        let receipt = try await context.once("pay") { token in try await pay(job.cents, token.text) }
        try await context.progress(1, note: "receipt \(receipt)")
    }
    return worker
}
