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
        .get(
            "queues/{queue}/history", "showHistory",
            "Show runs, failures, waits and durations of a queue by minute or hour, and by kind.", reach: .queue,
            query: [
                .one("kind", .kindName, "The runs of this kind only."),
                .one("by", .words(History.Step.self), "The length of a point. Default: minute."),
                .one("last", .duration, "How far to look back. Default: an hour of minutes, or a day of hours."),
                .one("from", .moment, "A time in the first point, instead of 'last'."),
                .one("to", .moment, "With 'from': a time in the last point. Default: now."),
            ], gives: .reference("History"), history),
        APIRoute(
            method: .get, path: "queues/{queue}/events", role: .viewer, reach: .queue,
            summary: "Follow what happens in a queue: an event for each batch of jobs that changes its state.",
            name: "followEvents",
            query: [
                .one("for", .range(1, EventTail.longest), "How many seconds the stream lasts. Default: \(EventTail.longest).")
            ],
            answers: [
                .init(status: .ok, about: "Takes Accept: \(ServerEvent.type).", schema: .string, isStream: true)
            ], answer: EventTail.answer),
    ]

    private static func history(_ request: APIRequest) async throws -> Response {
        let (kind, step) = (try request.kind(), try request.word("by", History.Step.self) ?? .minute)
        let (last, from, to) = (try request.duration("last"), try request.time("from"), try request.time("to"))
        if last != nil, from != nil { throw Invalid("'last' and 'from' exclude each other") }
        if to != nil, from == nil { throw Invalid("'to' goes with 'from'") }
        if let from, let to, from > to { throw Invalid("'from' is later than 'to'") }
        let status = try await request.usedStatus()
        let inspector = request.inspector
        guard let from else {
            let span = last ?? (step == .minute ? .seconds(3600) : .seconds(86_400))
            return APIResponse.json(try await inspector.history(upTo: status, kind: kind, by: step, last: span).json)
        }
        return APIResponse.json(
            try await inspector.history(upTo: status, kind: kind, by: step, from: from, to: to ?? status.time).json)
    }
}
