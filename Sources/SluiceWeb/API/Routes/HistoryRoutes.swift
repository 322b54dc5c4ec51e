import Hummingbird
import SluiceCore
import SluiceInspector

/// What queues did, and what becomes of their jobs.
enum HistoryRoutes {
    static let all: [APIRoute] = [
        .get(
            "queues/{queue}/forecast", "forecastQueue", "Tell when a queue's backlog will be empty, and what limits that.",
            reach: .queue,
            query: [
                .one(
                    "workers", .range(-1000, 1000),
                    "Tell also what this number of workers more, or less, would change. Default: 1.")
            ], gives: .reference("Forecast")
        ) { request in
            let more = try request.integer("workers", -1000...1000) ?? 1
            let queue = try await request.usedQueue()
            return APIResponse.json(try await request.inspector.forecast(of: queue, workers: more).json)
        },
        .get(
            "jobs/{queue}/{id}/forecast", "forecastJob", "Tell when a job starts, and what it waits for.",
            reach: .jobsOfQueue, gives: .reference("JobForecast")
        ) { request in
            let job = try await request.job()
            guard let forecast = try await request.inspector.forecast(of: job.id, in: job.queue) else {
                throw Problem.notFound("the job '\(job.id)' has just gone")
            }
            return APIResponse.json(forecast.json)
        },
    ]
}
