import Sluice
import SluiceWorker

// What the blocks of the article on workflows need to be whole.

struct Settings: Codable, Sendable { var day: String }

struct Extract: Job {
    static let kind = "extract"
    var day: String
}

struct Clean: Job { static let kind = "clean" }

struct Facts: Job { static let kind = "facts" }

struct Merge: Job { static let kind = "merge" }

struct List: Job {
    static let kind = "list"
    var url: String
}

struct Fetch: Job {
    static let kind = "fetch"
    var url: String
}

func report(for day: String, with sluice: SluiceClient) async throws -> WorkflowStatus {
    var flow = Workflow("report")
    flow.share(Settings(day: day))
    let extract = flow.add("extract", Extract(day: day))
    let clean = flow.add("clean", Clean(), after: extract)
    let facts = flow.add("facts", Facts(), after: extract)
    flow.add("merge", Merge(), after: [clean, facts.onFailed(.ignore)])
    let handle = try await sluice.enqueue(flow)
    return try await handle.wait(timeout: .seconds(600))
}

func lister(_ sluice: SluiceClient, pages: @escaping @Sendable (_ url: String) async throws -> [String]) -> Worker {
    let worker = Worker(sluice, queues: [Queue("default")])
    worker.handle(List.self) { job, context in
        var items = Workflow("items")
        items.add(each: "item", try await pages(job.url).map { Fetch(url: $0) }, before: "merge")
        try await context.workflow?.append(items)
    }
    return worker
}
