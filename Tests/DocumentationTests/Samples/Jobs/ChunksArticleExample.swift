import Sluice
import SluiceWorker

struct Index: Job {
    static let kind = "index"
    static let options = JobOptions(queue: "search", timeout: .seconds(20))
    var account: String
    var document: String
    var partitions: Partitions { ["account": account] }
}

func indexer(
    _ sluice: SluiceClient, add: @escaping @Sendable (_ documents: [String]) async throws -> Void
) -> Worker {
    let worker = Worker(sluice, queues: [Queue("search", concurrency: 200)])
    worker.handleChunk(Index.self, size: 100, within: .seconds(1), partition: "account") { chunk in
        for member in chunk.members where member.job.document.isEmpty { member.settle(.discard(reason: "it is empty")) }
        try await add(chunk.members.filter(\.isOpen).map(\.job.document))
    }
    return worker
}
