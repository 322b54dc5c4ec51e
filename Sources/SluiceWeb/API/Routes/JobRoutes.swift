import Hummingbird
import SluiceCore
import SluiceInspector

/// Reads jobs.
enum JobRoutes {
    /// The longest wait for a result, in seconds.
    static let longestWait = 60
    /// The longest stream, in seconds.
    static let longestStream = 3600

    static let all: [APIRoute] = [
        .get(
            "jobs", "listJobs", "List jobs, queue by queue and state by state.", reach: .jobs,
            query: [
                .many("queue", .queueName, "Only this queue; may be repeated."),
                .many("state", .states, "Only this state; may be repeated."), .one("kind", .kindName, "Only this kind."),
                .one("limit", .range(1, 1000), "The number of jobs on a page. Default: 50."),
                .one(
                    "cursor", .text(pattern: "^[A-Za-z0-9._-]{1,64}/[a-z]+/[0-9:]+/[0-9]+$"), "'next' of the page before."),
            ], gives: .reference("JobPage"), list),
        .get("jobs/{queue}/{id}", "showJob", "Show all data of a job.", reach: .jobsOfQueue, gives: .reference("Job")) {
            request in
            let job = try await request.job()
            // A library that does not provide the other times still shows the job.
            return APIResponse.json(((try? await request.inspector.withTimes(job)) ?? job).json)
        },
        .get(
            "jobs/{queue}/{id}/explanation", "explainJob", "Explain why a job does not run.", reach: .jobsOfQueue,
            gives: .reference("Explanation")
        ) { request in
            let job = try await request.job()
            guard let explanation = try await request.inspector.explain(job.id, in: job.queue) else {
                throw Problem.notFound("the job '\(job.id)' has just gone")
            }
            return APIResponse.json(explanation.json)
        },
        APIRoute(
            method: .get, path: "jobs/{queue}/{id}/result", role: .viewer, reach: .jobsOfQueue,
            summary: "Wait for the end of a job, and show its result.", name: "awaitResult",
            query: [
                .one(
                    "wait", .range(0, longestStream),
                    "How many seconds to wait: up to \(longestWait), or \(longestStream) for an event stream. Default: 0.")
            ],
            answers: [
                .init(status: .ok, about: "The job has ended.", schema: .reference("JobResult"), mayStream: true),
                .init(status: .accepted, about: "The job has not ended yet.", schema: .reference("JobResult")),
            ], needsClient: true, answer: ResultWait.answer),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let states = try request.words("state", JobState.self)
        let filter = JobFilter(
            queues: try request.queues(), states: states.isEmpty ? JobState.listed : states,
            kind: try request.grant.kind(request.kind()))
        let cursor = request.text("cursor")
        // A cursor names its queue: it must not lead out of those that the sender may see.
        if let cursor, let queues = filter.queues, !queues.contains(where: { cursor.hasPrefix("\($0)/") }) {
            throw Invalid("'cursor' is not of this list")
        }
        let page = try await request.inspector.jobs(
            matching: filter, limit: try request.integer("limit", 1...1000) ?? 50, after: cursor)
        return APIResponse.json(["jobs": .array(page.jobs.map(\.json)), "next": JSONValue(page.next)])
    }
}
