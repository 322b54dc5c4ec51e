import Hummingbird
import Sluice
import SluiceCore
import SluiceInspector

/// Recurring jobs.
enum CronRoutes {
    static let all: [APIRoute] = [
        .get(
            "cron", "listCron", "List cron entries.", reach: .queues,
            query: [.many("queue", .queueName, "Only this queue; may be repeated.")], gives: .array(.reference("Cron"))
        ) { request in
            let inspector = request.inspector
            let asked = try request.queues()
            let queues = if let asked { asked } else { try await inspector.queues() }
            let entries = try await InOrder.map(queues.uniqued) { queue throws(SluiceError) in
                try await inspector.cron(of: queue)
            }
            return APIResponse.json(.array(entries.flatMap { $0.map(\.json) }))
        },
        .get(
            "queues/{queue}/cron/{name}/history", "showCronHistory", "Show the last ticks of an entry, the newest first.",
            reach: .queue, query: [.one("limit", .range(1, 100), "The number of ticks at most. Default: 20.")],
            gives: .array(.reference("CronTick"))
        ) { request in
            let (name, queue) = (request.part("name"), try request.queue())
            let limit = try request.integer("limit", 1...100) ?? 20
            guard let ticks = try await request.inspector.cronHistory(of: name, in: queue, limit: limit) else {
                throw missing(name, in: queue)
            }
            return APIResponse.json(.array(ticks.map(\.json)))
        },
        change("pause", "pauseCron", "Stop an entry from firing until it is resumed.", .cronPause) {
            (crontab, name, reason) throws(SluiceError) in
            try await crontab.pause(name, reason: reason)
        },
        change("resume", "resumeCron", "End the pause of an entry.", .cronResume) { (crontab, name, _) throws(SluiceError) in
            try await crontab.resume(name)
        },
        .post(
            "queues/{queue}/cron/{name}/run", "runCron", "Enqueue one job of an entry now.", reach: .queue,
            takes: .init(schema: ReasonDraft.shape.schema, isRequired: false), gives: .reference("CronRun"), needsClient: true
        ) { request in
            let (name, queue, crontab, reason) = try await entry(request)
            let id = try await request.change(reason: reason) { inspector in
                try await inspector.record(.cronRun, on: name, in: queue) { tally throws(SluiceError) in
                    let id = try await crontab.run(name)
                    tally.count(true)
                    return id
                }
            }
            return APIResponse.json(["name": .string(name), "queue": .string(queue.text), "id": .string(id.text)])
        },
    ]

    private static func change(
        _ word: String, _ name: String, _ summary: String, _ verb: Action.Verb,
        _ body: @escaping @Sendable (Crontab, String, String) async throws(SluiceError) -> Bool
    ) -> APIRoute {
        .post(
            "queues/{queue}/cron/{name}/\(word)", name, summary, reach: .queue,
            takes: .init(schema: ReasonDraft.shape.schema, isRequired: false), gives: .reference("CronChanged"),
            needsClient: true
        ) { request in
            let (name, queue, crontab, reason) = try await entry(request)
            let isChanged = try await request.change(reason: reason) { inspector in
                try await inspector.record(verb, on: name, in: queue) { tally throws(SluiceError) in
                    let isChanged = try await body(crontab, name, reason)
                    tally.count(isChanged)
                    return isChanged
                }
            }
            return APIResponse.json(["name": .string(name), "queue": .string(queue.text), "changed": .bool(isChanged)])
        }
    }

    /// The entry of the path, which exists.
    private static func entry(
        _ request: APIRequest
    ) async throws -> (name: String, queue: QueueName, crontab: Crontab, reason: String) {
        let draft = try request.read(ReasonDraft.shape, into: ReasonDraft())
        let (name, queue) = (request.part("name"), try request.queue())
        guard try await request.inspector.hasCron(name, in: queue) else { throw missing(name, in: queue) }
        return (name, queue, try request.client().crontab(of: queue), draft.reason)
    }

    private static func missing(_ name: String, in queue: QueueName) -> Problem {
        .notFound("queue \(queue) has no cron entry '\(name.prefix(80))'")
    }
}
