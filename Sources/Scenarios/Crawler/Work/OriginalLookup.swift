import Foundation
import Hiredis
import ScenarioSupport
import Sluice
import SluiceStore
import SluiceWorker

/// How the original looked things up and kept what became of it.
///
/// A row that has failed becomes `retry`, and of one fingerprint there is one row of a status at most. The rule for `pending` is the
/// job's uniqueness until its start; who has the one row in `retry` is in a hash. If that is another job, the update fails, and all
/// that the run did is rolled back: the row stays `pending`, its attempt is not counted, its place is the first, so that the one
/// worker claims it again after a pause. That is done here, in the same run, since nothing else could be claimed before it.
/// An outage of the API is a failure like any other.
struct OriginalLookup: Sendable {
    let log: RunLog
    let api: APIClient
    let store: Store

    /// A failure after which the row is due again in a while.
    private struct Later: RetryAfter {
        var reason: String
        var retryAfter: Duration? { Scale.originalRetry }
    }

    private static let rows = "original:retry"

    func register(on worker: Worker) {
        worker.handle(Lookup.self) { job, context in
            let item = Item(number: job.item)
            while true {
                do {
                    try await ask(item, context)
                    return try await leave(item, context)
                } catch let error where !(error is CancellationError) && !(error is SluiceError) {
                    if context.attempt >= context.maxAttempts {
                        try await leave(item, context)
                        throw error
                    }
                    if try await becomesRetry(item, context) { throw Later(reason: "\(error)") }
                }
                log.write(.unstored, context, note: "duplicate-key")
                try await ContinuousClock().sleep(for: Scale.originalPause)
            }
        }
    }

    /// Sets the status to `retry`. Returns false if another row of the fingerprint is in that already.
    private func becomesRetry(_ item: Item, _ context: JobContext) async throws -> Bool {
        _ = try await store.send(["HSETNX", Self.rows, item.fingerprint, context.id.text], key: Self.rows)
        return try await owner(item) == context.id.text
    }

    /// The row has ended.
    private func leave(_ item: Item, _ context: JobContext) async throws {
        guard try await owner(item) == context.id.text else { return }
        _ = try await store.send(["HDEL", Self.rows, item.fingerprint], key: Self.rows)
    }

    private func owner(_ item: Item) async throws -> String? {
        try await store.send(["HGET", Self.rows, item.fingerprint], key: Self.rows).root.string
    }

    private func ask(_ item: Item, _ context: JobContext) async throws {
        let (id, fence) = (context.id.text, Int(context.fence.number))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let answer = try await api.ask(id, key: item.key, fence: fence)
                if answer.status != 200 { throw Handlers.BadAnswer(status: answer.status) }
            }
            group.addTask {
                try await ContinuousClock().sleep(for: Scale.timeout)
                throw Handlers.BadAnswer(status: 0)
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
