import Logging
import Sluice
import SluiceWorker

struct ImportFile: Job {
    static let kind = "import-file"
    static let options = JobOptions(queue: "imports")
    var path: String
}

struct Report: Job {
    static let kind = "report"
    static let options = JobOptions(queue: "mail")
    var text: String
}

func importAll(_ paths: [String], with sluice: SluiceClient) async throws -> Batch {
    let batch = try await sluice.openBatch(
        "import",
        on: [
            .completed: try JobRequest(Report(text: "all files are in")),
            .failed: try JobRequest(Report(text: "a file could not be imported")),
        ])
    try await batch.add(paths.map { ImportFile(path: $0) })
    try await batch.seal()
    return batch
}

func importer(
    _ sluice: SluiceClient, linked: @escaping @Sendable (_ path: String) async throws -> [String]
) -> Worker {
    let worker = Worker(sluice, queues: [Queue("imports"), Queue("mail")])
    worker.handle(ImportFile.self) { job, context in
        let more = try await linked(job.path).map { ImportFile(path: $0) }
        if let batch = context.batch { try await sluice.batch(batch).add(more) }
    }
    worker.handle(Report.self) { job, context in context.logger.info("\(job.text)") }
    return worker
}
