import Hummingbird
import SluiceCore
import SluiceInspector

/// What concerns the server as a whole.
enum ServerRoutes {
    static let all: [APIRoute] = [
        .get("openapi.json", "describe", "Describe this API.", reach: .own, gives: .object([])) { request in
            APIResponse.json(
                OpenAPI(table: request.table, base: "\(request.links.site)/\(Dashboard.apiPath)").json)
        },
        .get("whoami", "whoAmI", "Tell what this token may do.", reach: .own, gives: .reference("Grant")) { request in
            let grant = request.grant
            return APIResponse.json([
                "name": .string(grant.author.name), "role": .string(grant.role.rawValue),
                "queues": grant.queues.map { .array($0.sorted().map { .string($0.text) }) } ?? .null,
                "kinds": grant.kinds.map { .array($0.sorted().map { .string($0) }) } ?? .null,
            ])
        },
        .get(
            "doctor", "diagnose", "Find what is wrong, and what to do about it.", reach: .namespace,
            query: [.one("queue", .queueName, "Only this queue.")], gives: .reference("Diagnosis")
        ) { request in
            APIResponse.json(try await request.inspector.diagnose(try await queues(request)?.first).json)
        },
        .get(
            "audit", "audit", "Check the data of the queues.", reach: .namespace,
            query: [.one("queue", .queueName, "Only this queue.")], gives: .reference("Audit")
        ) { request in
            let inspector = request.inspector
            if let queue = try await queues(request)?.first {
                return APIResponse.json(try await inspector.audit(queue).json)
            }
            return APIResponse.json(try await inspector.audit().json)
        },
        .post(
            "queues/{queue}/repair", "repair", "Repair the data of a queue, or tell with 'dry_run' what would be done.",
            role: .admin, reach: .queue,
            takes: .init(schema: RepairDraft.shape.schema, isRequired: false), gives: .reference("Repairs")
        ) { request in
            let queue = try await request.usedQueue()
            let draft = try request.read(RepairDraft.shape, into: RepairDraft())
            if draft.isDry {
                let plan = try await request.inspector.repairPlan(queue)
                return APIResponse.json(json(plan, isClean: plan.isEmpty, isDone: false))
            }
            let done = try await request.change(reason: draft.reason) { try await $0.repair(queue) }
            let isClean = try await request.inspector.audit(queue).isClean
            return APIResponse.json(json(done, isClean: isClean, isDone: true))
        },
        .get(
            "actions", "listActions", "List who changed what, the newest first.", reach: .namespace,
            query: [
                .one("limit", .range(1, 1000), "The number of actions at most. Default: 50."),
                .one("cursor", .text(shortest: 1), "'next' of the page before."),
                .one("queue", .queueName, "Only in this queue."),
                .one("actor", .text(shortest: 1), "Only of this name."),
            ], gives: .reference("ActionPage")
        ) { request in
            let page = try await request.inspector.actions(
                newest: try request.integer("limit", 1...1000) ?? 50, before: request.text("cursor"),
                queue: try request.queues()?.first, actor: request.text("actor"))
            return APIResponse.json(["actions": .array(page.actions.map(\.json)), "next": JSONValue(page.next)])
        },
    ]

    /// The queues that the query names, all of which are used.
    private static func queues(_ request: APIRequest) async throws -> [QueueName]? {
        let queues = try request.queues()
        for queue in queues ?? [] where try await !request.inspector.isUsed(queue) {
            throw Problem.notFound("there is no queue '\(queue)'")
        }
        return queues
    }

    private static func json(_ repairs: [Repair], isClean: Bool, isDone: Bool) -> JSONValue {
        return ["clean": .bool(isClean), "done": .bool(isDone), "repairs": .array(repairs.map(\.json))]
    }
}

/// What a repair is asked for.
struct RepairDraft {
    var isDry = false
    var reason = ""

    static let shape = Shape<RepairDraft>([
        .optional("dry_run", Schema.boolean.saying("Tell what would be done, and change nothing.")) {
            $1.isDry = try $0.bool()
        },
        .optional("reason", .reason) { $1.reason = try $0.reason() },
    ])
}
