import Hummingbird
import SluiceCore
import SluiceInspector

/// Limits and dependencies.
enum LimitRoutes {
    static let all: [APIRoute] = [
        .get(
            "limits", "listLimits", "Show limits, overrides, and the gates where jobs are held.", reach: .queues,
            query: [.many("queue", .queueName, "Only this queue; may be repeated.")], gives: .array(.reference("Limits"))
        ) { request in
            let inspector = request.inspector
            guard let queues = try request.queues() else {
                return APIResponse.json(.array(try await inspector.limits().map(\.json)))
            }
            let limits = try await InOrder.map(queues.uniqued) { queue throws(SluiceError) in
                try await inspector.limits(of: queue)
            }
            return APIResponse.json(.array(limits.map(\.json)))
        },
        .get(
            "queues/{queue}/limits", "showLimits", "Show the limits of a queue.", reach: .queue, gives: .reference("Limits")
        ) { request in
            let queue = try await request.usedQueue()
            return APIResponse.json(try await request.inspector.limits(of: queue).json)
        },
        .post(
            "queues/{queue}/limits", "setLimit", "Override a limit, at once and for all workers.", reach: .queue,
            takes: .init(schema: LimitDraft.setting.schema), gives: .reference("LimitSet")
        ) { request in
            let draft = try request.read(LimitDraft.setting, into: LimitDraft())
            let queue = draft.isNew ? try request.queue() : try await request.usedQueue()
            let setting = try await request.change(reason: draft.reason) {
                try await $0.override(draft.name, to: draft.value, in: queue, for: draft.span, mayBeNew: draft.isNew)
            }
            return APIResponse.json([
                "queue": .string(queue.text), "name": .string(setting.name), "value": .string(setting.value),
                "for_ms": JSONValue(duration: draft.span),
            ])
        },
        .post(
            "queues/{queue}/limits/clear", "clearLimit", "End the override of a limit.", reach: .queue,
            takes: .init(schema: LimitDraft.clearing.schema), gives: .reference("LimitCleared")
        ) { request in
            let draft = try request.read(LimitDraft.clearing, into: LimitDraft())
            let queue = try await request.usedQueue()
            let wasThere = try await request.change(reason: draft.reason) { try await $0.restore(draft.name, in: queue) }
            return APIResponse.json([
                "queue": .string(queue.text), "name": .string(draft.name), "changed": .bool(wasThere),
            ])
        },
        .get(
            "dependencies", "listDependencies", "Show the dependencies of jobs, their breakers, and what waits for them.",
            reach: .queues, query: [.many("queue", .queueName, "Only this queue; may be repeated.")],
            gives: .array(.reference("Dependency"))
        ) { request in
            let inspector = request.inspector
            if let queues = try request.queues() {
                let found = try await InOrder.map(queues.uniqued) { queue throws(SluiceError) in
                    try await inspector.dependencies(of: queue)
                }
                return APIResponse.json(.array(found.flatMap { $0.map(\.json) }))
            }
            let found = try await inspector.dependencies()
            let unseen = try await inspector.dependenciesOff().subtracting(found.map(\.name)).sorted()
            return APIResponse.json(
                .array(
                    found.map(\.json)
                        + unseen.map { ["dependency": .string($0), "queue": .null, "state": "off"] }))
        },
        dependency("off", "switchOff", "Hold back jobs that need a dependency, in all queues.", isOn: false),
        dependency("on", "switchOn", "Let jobs that need a dependency run again, in all queues.", isOn: true),
        dependencyOfQueue("off", "switchOffIn", "Hold back jobs of a queue that need a dependency.", isOn: false),
        dependencyOfQueue("on", "switchOnIn", "Let jobs of a queue that need a dependency run again.", isOn: true),
    ]

    private static func dependency(_ word: String, _ name: String, _ summary: String, isOn: Bool) -> APIRoute {
        .post(
            "dependencies/{dependency}/\(word)", name, summary, reach: .namespace,
            takes: .init(schema: ReasonDraft.shape.schema, isRequired: false), gives: .reference("DependencySwitch")
        ) { request in
            let draft = try request.read(ReasonDraft.shape, into: ReasonDraft())
            let result = try await request.change(reason: draft.reason) {
                try await $0.switchDependency(request.part("dependency"), on: isOn)
            }
            return APIResponse.json(result.json)
        }
    }

    private static func dependencyOfQueue(_ word: String, _ name: String, _ summary: String, isOn: Bool) -> APIRoute {
        .post(
            "queues/{queue}/dependencies/{dependency}/\(word)", name, summary, reach: .queue,
            takes: .init(schema: PauseDraft.shape.schema, isRequired: false), gives: .reference("DependencySwitch")
        ) { request in
            let draft = try request.read(PauseDraft.shape, into: PauseDraft())
            let queue = draft.isNew ? try request.queue() : try await request.usedQueue()
            let result = try await request.change(reason: draft.reason) {
                try await $0.switchDependency(request.part("dependency"), on: isOn, in: queue, mayBeNew: draft.isNew)
            }
            return APIResponse.json(result.json)
        }
    }
}

/// A limit to override.
struct LimitDraft {
    var name = ""
    var value = ""
    var span: Duration?
    var reason = ""
    var isNew = false

    static let setting = Shape<LimitDraft>([
        limit,
        .required("value", Schema.text(shortest: 1).saying("12; 40/10s for a rate; 5/30s/20s for a breaker; none for no limit."))
        {
            $1.value = try $0.string()
        },
        .optional("for", Schema.duration.saying("The override ends after this time.")) { $1.span = try $0.duration() },
        .optional("reason", .reason) { $1.reason = try $0.reason() },
        .optional("new", .new) { $1.isNew = try $0.bool() },
    ])

    static let clearing = Shape<LimitDraft>([limit, .optional("reason", .reason) { $1.reason = try $0.reason() }])

    private static let limitName = Schema.text(pattern: "^(concurrency|rate|depth|breaker|weight)(/.+)?$")

    private static let limit = Shape<LimitDraft>.Field.required(
        "name", limitName.saying("concurrency, rate/host, breaker/host, concurrency/account=42.")
    ) { $1.name = try $0.string() }
}
