public import SluiceCore
import SluiceStore

extension Inspector {
    /// Changes jobs by id.
    /// - Parameters:
    ///   - change: The change of each job.
    ///   - ids: Any number of ids. They are sent 1,000 at a time, so a failure may leave the later jobs unchanged.
    ///   - queue: The queue of the jobs.
    /// - Returns: The outcome for each id, in order.
    /// - Throws: a server error if Redis cannot be used.
    @discardableResult
    public func change(_ change: JobChange, ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [ChangeOutcome] {
        if ids.isEmpty { return [] }
        return try await record(change.verb, on: ActionTarget.text(ids, change), in: queue) { (tally) async throws(SluiceError) in
            var outcomes: [ChangeOutcome] = []
            for first in stride(from: 0, to: ids.count, by: ChangeJobs.mostJobs) {
                let some = Array(ids[first..<min(first + ChangeJobs.mostJobs, ids.count)])
                let words = try await store.call(ChangeJobs(change, some), on: queue)
                await relay.relay(queue)
                for (id, word) in zip(some, words) {
                    let outcome = ChangeOutcome(id: id, result: ChangeOutcome.Result(word, wanted: change.target))
                    tally.count(outcome.isDone)
                    outcomes.append(outcome)
                }
            }
            return outcomes
        }
    }

    /// Changes all jobs of a queue that match a filter. It works in bounded steps; each step selects and changes in one call.
    ///
    /// Each step blocks other clients for at most a few ms of server time. Each job that existed at the start is visited once,
    /// except that a running job may be asked to stop twice. Jobs enqueued meanwhile may or may not be visited; the change ends no
    /// matter how many arrive. If the task is cancelled, it stops after the current step.
    /// - Parameters:
    ///   - change: The change of each job. A delay of a reschedule counts from the first step, so all jobs become due together.
    ///   - filter: The jobs to change.
    ///   - queue: The queue of the jobs.
    ///   - progress: Called after each step.
    /// - Returns: The final progress.
    /// - Throws: `invalidArgument` for an invalid filter; a server error if Redis cannot be used. The steps before a server error
    ///   have been done, and the call can be repeated.
    @discardableResult
    public func change(
        _ change: JobChange, where filter: BulkFilter = BulkFilter(), in queue: QueueName,
        progress: (BulkProgress) async -> Void = { _ in }
    ) async throws(SluiceError) -> BulkProgress {
        var sweeper = try Sweeper(store, relay, queue, change, filter, isCounting: false)
        return try await record(change.verb, on: ActionTarget.text(filter, change), in: queue) {
            (tally) async throws(SluiceError) in
            try await sweeper.run { _, done in
                tally = Action.Tally(changed: done.changed + done.cancelling, skipped: done.refused)
                await progress(done)
            }
        }
    }

    /// Counts the jobs that ``change(_:where:in:progress:)`` would change, in the same steps, and changes nothing.
    /// - Returns: The numbers of examined and matching jobs, and the matches by kind and last error, the most frequent first.
    /// - Throws: as ``change(_:where:in:progress:)`` does.
    public func preview(
        _ change: JobChange, where filter: BulkFilter = BulkFilter(), in queue: QueueName
    ) async throws(SluiceError) -> (progress: BulkProgress, groups: [ErrorGroup]) {
        var groups = ErrorGroups()
        var sweeper = try Sweeper(store, relay, queue, change, filter, isCounting: true)
        let progress = try await sweeper.run { reply, _ in groups.add(reply.groups) }
        return (progress, groups.sorted)
    }

    /// Groups the failed jobs of a queue, retryable or discarded, by kind and last error, the most frequent first.
    ///
    /// Numbers and ids in the messages are replaced by `#`, so that errors that differ only there count together. It works in
    /// bounded steps and changes nothing.
    /// - Throws: a server error if Redis cannot be used.
    public func errors(in queue: QueueName) async throws(SluiceError) -> [ErrorGroup] {
        try await preview(.retry, in: queue).groups
    }
}

extension JobChange {
    fileprivate var verb: Action.Verb {
        switch self {
        case .retry: .jobsRetry
        case .cancel: .jobsCancel
        case .delete: .jobsDelete
        case .reschedule: .jobsReschedule
        }
    }
}
