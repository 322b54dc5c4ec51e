public import SluiceCore
import SluiceStore

extension Inspector {
    /// Changes all jobs of a queue that a filter matches, in bounded steps, each of which looks and changes in one call.
    ///
    /// Other programs are held up by one step at most, a few ms of the server's time. Jobs that were there when it began are met
    /// once, except that one which runs may be told to stop twice; those that come meanwhile may be met or not, and it ends
    /// however many come. When the task is cancelled it stops after the step that is under way.
    /// - Parameters:
    ///   - change: What to do to each.
    ///   - filter: Which jobs.
    ///   - queue: Their queue.
    ///   - progress: Called after each step.
    /// - Returns: How far it came.
    /// - Throws: `invalidArgument` for a filter that makes no sense. After another error, the steps before it have been done, and
    ///   it may be called again.
    @discardableResult
    public func change(
        _ change: BulkChange, where filter: BulkFilter = BulkFilter(), in queue: QueueName,
        progress: (BulkProgress) async -> Void = { _ in }
    ) async throws(SluiceError) -> BulkProgress {
        var sweeper = try Sweeper(store, relay, queue, change, filter, isCounting: false)
        return try await sweeper.run { await progress($1) }
    }

    /// Counts the jobs that ``change(_:where:in:progress:)`` would change, in the same steps, and changes nothing.
    /// - Returns: How many were looked at and matched, and the matches by kind and last error, the most frequent first.
    /// - Throws: As the change does.
    public func preview(
        _ change: BulkChange, where filter: BulkFilter = BulkFilter(), in queue: QueueName
    ) async throws(SluiceError) -> (progress: BulkProgress, groups: [ErrorGroup]) {
        var groups = ErrorGroups()
        var sweeper = try Sweeper(store, relay, queue, change, filter, isCounting: true)
        let progress = try await sweeper.run { reply, _ in groups.add(reply.groups) }
        return (progress, groups.sorted)
    }

    /// What goes wrong in a queue: the jobs that wait for another try or were discarded, by kind and last error, the most frequent
    /// first.
    ///
    /// Numbers and what looks like an id are replaced by `#`, so that errors that differ in nothing else count together. Looks in
    /// bounded steps, and changes nothing.
    public func errors(in queue: QueueName) async throws(SluiceError) -> [ErrorGroup] {
        try await preview(.retry, in: queue).groups
    }
}
