import Hummingbird
import ServiceLifecycle
import SluiceCore
import SluiceInspector

/// Changes jobs.
enum ChangeRoutes {
    /// The longest time that a request changes jobs by conditions. What is left is done by a repetition.
    static let longest = Duration.seconds(20)

    static let all: [APIRoute] = [
        route("retry", "retryJobs", "Run jobs now: ended ones with all attempts again.", ChangeDraft.shape) { _ in .retry },
        route("cancel", "cancelJobs", "Cancel jobs. Running ones are stopped on their hosts.", ChangeDraft.shape) { _ in .cancel
        },
        route("delete", "deleteJobs", "Remove jobs and all their data. Running ones are asked to stop.", ChangeDraft.shape) { _ in
            .delete
        },
        route("reschedule", "rescheduleJobs", "Change the due time of waiting jobs.", ChangeDraft.reschedule) {
            .reschedule(try $0.due())
        },
    ]

    private static func route(
        _ word: String, _ name: String, _ summary: String, _ shape: Shape<ChangeDraft>,
        _ change: @escaping @Sendable (ChangeDraft) throws -> JobChange
    ) -> APIRoute {
        .post(
            "queues/{queue}/jobs/\(word)", name, summary, reach: .jobsOfQueue,
            takes: .init(schema: shape.schema), gives: .reference("JobChanges")
        ) { request in
            let draft = try request.read(shape, into: ChangeDraft()).checked()
            let change = try change(draft)
            let queue = try await request.usedQueue()
            if let ids = draft.ids {
                return APIResponse.json(try await byID(change, ids.uniqued, in: queue, draft.reason, request))
            }
            return APIResponse.json(try await byFilter(change, draft, in: queue, request))
        }
    }

    private static func byID(
        _ change: JobChange, _ ids: [JobID], in queue: QueueName, _ reason: String, _ request: APIRequest
    ) async throws -> JSONValue {
        for id in ids { try await request.checkJob(id, in: queue) }
        let outcomes = try await request.change(reason: reason) { try await $0.change(change, ids: ids, in: queue) }
        return [
            "change": .string(change.name), "dry_run": false, "jobs": .array(outcomes.map { $0.json(queue: queue) }),
        ]
    }

    private static func byFilter(
        _ change: JobChange, _ draft: ChangeDraft, in queue: QueueName, _ request: APIRequest
    ) async throws -> JSONValue {
        var conditions = draft.filter ?? BulkFilter()
        conditions.kind = try request.grant.kind(conditions.kind)
        let filter = conditions
        let inspector = request.inspector
        let one: JSONValue
        if draft.isDry {
            let (progress, groups) = try await stopping(after: longest) {
                try await inspector.preview(change, where: filter, in: queue)
            }
            one = progress.json(queue: queue, groups: groups).adding("complete", .bool(progress.isComplete))
        } else {
            let progress = try await request.change(reason: draft.reason) { author in
                try await stopping(after: longest) { try await author.change(change, where: filter, in: queue) }
            }
            one = progress.json(queue: queue)
        }
        return ["change": .string(change.name), "dry_run": .bool(draft.isDry), "queues": [one]]
    }

    /// Runs work that stops early, with a result, when its task is cancelled: after some time, or when the server stops.
    private static func stopping<Value: Sendable>(
        after span: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask { try await work() }
                group.addTask {
                    try? await Task.sleep(for: span)
                    return nil
                }
                while let result = try await group.next() {
                    group.cancelAll()
                    if let value = result { return value }
                }
                throw CancellationError()
            }
        }
    }
}
