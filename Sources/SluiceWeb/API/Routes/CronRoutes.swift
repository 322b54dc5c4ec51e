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
            "queues/{queue}/cron/{name}", "showCron", "Show a cron entry.", reach: .queue, gives: .reference("Cron")
        ) { request in
            let (name, queue) = (request.part("name"), try request.queue())
            guard let entry = try await request.inspector.cronEntry(name, in: queue) else { throw missing(name, in: queue) }
            return APIResponse.json(entry.json)
        },
        APIRoute(
            method: .put, path: "queues/{queue}/cron/{name}", role: .operator, reach: .queue,
            summary: "Add a cron entry, or change the one of that name.", name: "putCron",
            body: .init(schema: CronDraft.shape.schema, limit: nil),
            answers: [
                .init(status: .created, about: "The entry was added.", schema: .reference("CronPut")),
                .init(status: .ok, about: "The entry was changed, or is as it was.", schema: .reference("CronPut")),
            ], needsClient: true, answer: put),
        APIRoute(
            method: .delete, path: "queues/{queue}/cron/{name}", role: .operator, reach: .queue,
            summary: "Remove a cron entry. Jobs that it has enqueued stay.", name: "removeCron",
            query: [.one("reason", .reason, "The reason, for the log of actions.")],
            answers: [.init(status: .ok, about: "Done.", schema: .reference("CronChanged"))], needsClient: true, answer: remove),
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
        .get(
            "queues/{queue}/cron/{name}/next", "showNextTicks",
            "Show the next ticks of an entry, within its start and end, whether or not it is paused.", reach: .queue,
            query: nextTicks, gives: .array(.reference("NextTick"))
        ) { request in
            let (name, queue, count) = (request.part("name"), try request.queue(), try count(request))
            let from = try request.time("from")
            guard let entry = try await request.inspector.cronEntry(name, in: queue) else { throw missing(name, in: queue) }
            return APIResponse.json(try NextTicks(of: entry, after: from, count: count).json)
        },
        .get(
            "cron/next", "previewSchedule", "Show the next ticks of a schedule, before an entry has it.", reach: .own,
            query: [
                .required("schedule", .text(shortest: 1), "Five fields such as 0 7 * * MON-FRI; @hourly, @daily, …; @every 90s."),
                .one("zone", .text(shortest: 1), "The name of a time zone. Default: UTC."),
            ] + nextTicks, gives: .array(.reference("NextTick"))
        ) { request in
            let (count, from) = (try count(request), try request.time("from"))
            let schedule = try CronExpression(request.text("schedule") ?? "")
            let zone = try CronZone.named(request.text("zone") ?? "UTC")
            let start = if let from { from } else { try await request.inspector.now() }
            return APIResponse.json(NextTicks(of: schedule, in: zone, after: start, count: count).json)
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

    /// The most ticks of an answer.
    private static let mostTicks = 100

    /// Which ticks are shown.
    private static let nextTicks: [APIRoute.Query] = [
        .one("count", .range(1, mostTicks), "The number of ticks at most. Default: 5."),
        .one("from", .moment, "Show the ticks after this time. Default: now, by the clock of Redis."),
    ]

    private static func count(_ request: APIRequest) throws -> Int { try request.integer("count", 1...mostTicks) ?? 5 }

    private static func put(_ request: APIRequest) async throws -> Response {
        let draft = try request.read(CronDraft.shape, into: CronDraft())
        let (name, queue, client) = (request.part("name"), try request.queue(), try request.client())
        let cron = try draft.cron(name, in: queue, for: request.grant)
        // What is not valid is refused before the log tells of it.
        _ = try cron.entry(in: queue, client.options.payload)
        let target = "\(name) '\(draft.schedule)' --tz \(draft.zone)"
        let result = try await request.change(reason: draft.reason) { inspector in
            try await inspector.record(.cronAdd, on: target, in: queue) { tally throws(SluiceError) in
                let result = try await client.crontab(of: queue).add(cron)
                tally.count(result != .unchanged)
                return result
            }
        }
        let next = try await request.inspector.cronEntry(name, in: queue)?.next
        return APIResponse.json(
            [
                "name": .string(name), "queue": .string(queue.text), "result": .string(result.rawValue),
                "next": JSONValue(time: next),
            ], status: result == .added ? .created : .ok,
            location: request.links.to("api", "v1", "queues", queue.text, "cron", name))
    }

    private static func remove(_ request: APIRequest) async throws -> Response {
        let reason = try request.reason()
        let (name, queue) = (request.part("name"), try request.queue())
        guard try await request.inspector.hasCron(name, in: queue) else { throw missing(name, in: queue) }
        let crontab = try request.client().crontab(of: queue)
        let isChanged = try await request.change(reason: reason) { inspector in
            try await inspector.recordChange(.cronRemove, on: name, in: queue) { () async throws(SluiceError) in
                try await crontab.remove(name)
            }
        }
        return APIResponse.json(["name": .string(name), "queue": .string(queue.text), "changed": .bool(isChanged)])
    }

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
