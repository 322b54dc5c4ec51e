import Logging
import Sluice
import SluiceWorker

struct Render: Job {
    static let kind = "render"
    static let options = JobOptions(queue: "films", keepsResult: true)
    typealias Output = String
    var film: String
}

struct Publish: Job {
    static let kind = "publish"
    static let options = JobOptions(queue: "web")
    var film: String
}

func produce(_ film: String, with sluice: SluiceClient) async throws -> String {
    let render = try await sluice.enqueue(Render(film: film))
    try await sluice.enqueue(Publish(film: film), after: render, onFailed: .hold)
    return try await sluice.result(of: render, timeout: .seconds(60))
}

func path(of film: String, with sluice: SluiceClient) async throws -> String {
    try await sluice.enqueueAndWait(Render(film: film), timeout: .seconds(60), cancelOnTimeout: true)
}

func studio(_ sluice: SluiceClient) -> Worker {
    let worker = Worker(sluice, queues: [Queue("films"), Queue("web")])
    worker.handle(Render.self) { job, context in
        try context.enqueue(Publish(film: "trailer of " + job.film)) { $0.delay = .seconds(5) }
        return "/films/\(job.film).mp4"
    }
    worker.handle(Publish.self) { job, context in context.logger.info("\(job.film) is out") }
    return worker
}
