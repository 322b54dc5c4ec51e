public import SluiceCore
import SluiceStore

/// The result of a change for one job.
public struct JobChange: Sendable, Hashable {
    /// The outcome of the change.
    public enum Result: Sendable, Hashable {
        /// The job is in this state now, or was before the call.
        case now(JobState)
        /// The job runs, and its worker was asked to stop; that usually takes less than a second. The job then ends as cancelled,
        /// unless it ends by itself first. A job that should be deleted has to be deleted again afterwards.
        case cancelling
        /// The job and all its data were removed.
        case deleted
        /// The job stays in this state, which does not allow the change.
        case refused(JobState)
        /// The job was not revived, because another live job owns its fingerprint.
        case taken(JobID)
        /// The queue has no job with this id.
        case missing
    }

    /// The id of the job.
    public var id: JobID
    /// The outcome of the change.
    public var result: Result

    package init(id: JobID, result: Result) {
        self.id = id
        self.result = result
    }

    /// Whether the change was made or is under way.
    public var isDone: Bool {
        switch result {
        case .now, .cancelling, .deleted: true
        case .refused, .taken, .missing: false
        }
    }
}

extension Inspector {
    /// Cancels jobs: waiting jobs at once, running jobs through their worker.
    /// - Parameters:
    ///   - ids: Any number of ids. They are sent 1,000 at a time, so a failure may leave the later jobs unchanged.
    ///   - queue: The queue of the jobs.
    /// - Returns: The result for each id, in order. Ended jobs are refused, except for a discarded job that holds its chain: the
    ///   chain then continues.
    /// - Throws: a server error if Redis cannot be used.
    public func cancel(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: .cancelled) { ids in CancelJobs(ids) }
    }

    /// Makes jobs available now. Ended jobs start again with all attempts; scheduled and retryable jobs keep their count. The
    /// history of errors is kept.
    /// - Parameters:
    ///   - ids: Any number of ids, sent 1,000 at a time.
    ///   - queue: The queue of the jobs.
    /// - Returns: The result for each id, in order. Running jobs are refused. An ended unique job is refused as
    ///   ``JobChange/Result/taken(_:)`` while an equal job lives.
    /// - Throws: a server error if Redis cannot be used.
    public func retry(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: .available) { ids in RetryJobs(ids) }
    }

    /// Deletes jobs and all their data. A running job is cancelled first: see ``JobChange/Result/cancelling``.
    /// - Parameters:
    ///   - ids: Any number of ids, sent 1,000 at a time.
    ///   - queue: The queue of the jobs.
    /// - Returns: The result for each id, in order.
    /// - Throws: a server error if Redis cannot be used.
    public func delete(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: nil) { ids in DeleteJobs(ids) }
    }

    /// Changes the due time of waiting jobs.
    /// - Parameters:
    ///   - ids: Any number of ids, sent 1,000 at a time.
    ///   - due: The new time. A time in the past means now.
    ///   - queue: The queue of the jobs.
    /// - Returns: The result for each id, in order. Running and ended jobs are refused.
    /// - Throws: a server error if Redis cannot be used.
    public func reschedule(
        _ ids: [JobID], to due: DueTime, in queue: QueueName
    ) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: .scheduled) { ids in RescheduleJobs(ids, when: due) }
    }

    private func change<Name: ChangeName>(
        _ ids: [JobID], in queue: QueueName, to target: JobState?, _ make: ([JobID]) -> ChangeJobs<Name>
    ) async throws(SluiceError) -> [JobChange] {
        var changes: [JobChange] = []
        for first in stride(from: 0, to: ids.count, by: ChangeJobs<Name>.mostJobs) {
            let some = Array(ids[first..<min(first + ChangeJobs<Name>.mostJobs, ids.count)])
            let words = try await store.call(make(some), on: queue)
            await relay.relay(queue)
            changes += zip(some, words).map { JobChange(id: $0, result: JobChange.Result($1, wanted: target)) }
        }
        return changes
    }
}

extension JobChange.Result {
    /// Parses the library's word for the result.
    fileprivate init(_ word: String, wanted: JobState?) {
        switch word {
        case "cancelling": self = .cancelling
        case "deleted": self = .deleted
        default:
            if word.hasPrefix("taken ") {
                self = .taken(JobID(known: String(word.dropFirst(6))))
                return
            }
            guard let state = JobState(rawValue: word) else {
                self = .missing
                return
            }
            self = state == wanted ? .now(state) : .refused(state)
        }
    }
}
