import Sluice
import SluiceWorker

struct Crawl: Job {
    static let kind = "crawl"
    static let options = JobOptions(queue: "pages", unique: .whileLive(by: .fields("url")))
    var url: String
    var depth = 0
}

func announce(_ url: String, with sluice: SluiceClient) async throws -> JobID {
    // The id of the job that is there, if there is one for this page.
    try await sluice.enqueue(Crawl(url: url)).id
}

func refresh(_ url: String, depth: Int, with sluice: SluiceClient) async throws {
    var request = try JobRequest(Crawl(url: url, depth: depth))
    request.unique = .whileLive(by: .fields("url"), onConflict: .replaceArguments)
    try await sluice.enqueue(request)
}
