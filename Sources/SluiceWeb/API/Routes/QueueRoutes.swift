import Hummingbird
import SluiceCore
import SluiceInspector

/// Queues and their workers.
enum QueueRoutes {
    static let all: [APIRoute] = [
        .get(
            "queues", "listQueues", "Show the number of jobs in each state, queue by queue.", reach: .queues,
            query: [.many("queue", .queueName, "Only this queue; may be repeated.")], gives: .array(.reference("Queue"))
        ) { request in
            let inspector = request.inspector
            let asked = try request.queues()
            let queues = if let asked { asked } else { try await inspector.queues() }
            return APIResponse.json(.array(try await statuses(of: queues.uniqued, inspector)))
        },
        .get("queues/{queue}", "showQueue", "Show the number of jobs in each state.", reach: .queue, gives: .reference("Queue")) {
            request in
            let queue = try await request.usedQueue()
            return APIResponse.json(try await statuses(of: [queue], request.inspector).first ?? .null)
        },
        .post(
            "queues/{queue}/pause", "pauseQueue", "Start no job of a queue until it is resumed.", reach: .queue,
            takes: .init(schema: PauseDraft.shape.schema, isRequired: false), gives: .reference("Paused")
        ) { request in
            let draft = try request.read(PauseDraft.shape, into: PauseDraft())
            let queue = draft.isNew ? try request.queue() : try await request.usedQueue()
            let isNew = try await request.change(reason: draft.reason) {
                try await $0.pause(queue, reason: draft.reason, mayBeNew: draft.isNew)
            }
            return APIResponse.json(["queue": .string(queue.text), "paused": true, "changed": .bool(isNew)])
        },
        .post(
            "queues/{queue}/resume", "resumeQueue", "End the pause of a queue.", reach: .queue,
            takes: .init(schema: ReasonDraft.shape.schema, isRequired: false), gives: .reference("Paused")
        ) { request in
            let draft = try request.read(ReasonDraft.shape, into: ReasonDraft())
            let queue = try await request.usedQueue()
            let wasPaused = try await request.change(reason: draft.reason) { try await $0.resume(queue) }
            return APIResponse.json(["queue": .string(queue.text), "paused": false, "changed": .bool(wasPaused)])
        },
        APIRoute(
            method: .get, path: "queues/{queue}/drain", role: .viewer, reach: .queue,
            summary: "Wait until the jobs of a queue are done. It removes nothing, and does not stop producers.",
            name: "awaitDrain",
            query: [
                .one("wait", .range(0, DrainWait.longest), "How many seconds to wait. Default: 0."),
                .one(
                    "jobs", .words(DrainScope.self),
                    "ready: what is available, executing or retryable. running: only what runs. all: what has not ended. Default: ready."
                ),
            ],
            answers: [
                .init(status: .ok, about: "The jobs are done.", schema: .reference("Drained")),
                .init(status: .accepted, about: "Some jobs are left: repeat the request.", schema: .reference("Drained")),
            ], answer: DrainWait.answer),
        .get(
            "queues/{queue}/errors", "listErrors", "Count retryable and discarded jobs by kind and last error.", reach: .queue,
            gives: .array(.reference("ErrorGroup"))
        ) { request in
            let queue = try await request.usedQueue()
            return APIResponse.json(.array(try await request.inspector.errors(in: queue).map(\.json)))
        },
        .get(
            "workers", "listWorkers", "List the workers, the jobs they hold and what is left of their leases.", reach: .queues,
            query: [.many("queue", .queueName, "Only this queue; may be repeated.")], gives: .array(.reference("Worker"))
        ) { request in
            let inspector = request.inspector
            guard let queues = try request.queues() else {
                return APIResponse.json(.array(try await inspector.workers().map(\.json)))
            }
            let workers = try await InOrder.map(queues.uniqued) { queue throws(SluiceError) in
                try await inspector.workers(of: queue)
            }
            return APIResponse.json(.array(workers.flatMap { $0.map(\.json) }))
        },
    ]

    private static func statuses(of queues: [QueueName], _ inspector: Inspector) async throws -> [JSONValue] {
        var documents: [JSONValue] = []
        try await inspector.standings(of: queues) { status, restrictions in
            documents.append(restrictions.map { status.json.adding("restrictions", $0.json) } ?? status.json)
        }
        return documents
    }
}

/// Why something is changed.
struct ReasonDraft {
    var reason = ""

    static let shape = Shape<ReasonDraft>([.optional("reason", .reason) { $1.reason = try $0.reason() }])

    static let longest = 500
    /// Redis keeps this much of a reason.
    private static let mostBytes = 1000

    static func checked(_ text: String) throws -> String {
        let scalars = text.unicodeScalars
        if scalars.count > longest || text.utf8.count > mostBytes {
            throw Invalid("a reason has at most \(longest) characters and \(mostBytes) bytes of UTF-8")
        }
        if scalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw Invalid("a reason has no control characters")
        }
        return text
    }
}

/// How a queue is paused.
struct PauseDraft {
    var reason = ""
    var isNew = false

    static let shape = Shape<PauseDraft>([
        .optional("reason", .reason) { $1.reason = try $0.reason() },
        .optional("new", .new) { $1.isNew = try $0.bool() },
    ])
}

extension Schema {
    static let reason = Schema.text(pattern: "^[^\\u0000-\\u001F\\u007F-\\u009F]*$", longest: ReasonDraft.longest)
        .saying("The reason, for the log of actions.")
    static let new = Schema.boolean.saying("Accept a queue that nothing has used yet.")
}

extension JSONInput {
    func reason() throws -> String { try ReasonDraft.checked(try string()) }
}
