public import SluiceCore
import SluiceStore

/// What became of one job that somebody wanted to change.
public struct JobChange: Sendable, Hashable {
    /// How it went.
    public enum Result: Sendable, Hashable {
        /// The job is in this state now, or was already.
        case now(JobState)
        /// It runs: its worker was told to stop, within a second as a rule, and it ends as cancelled then unless it ends by
        /// itself first. One that was to be deleted has to be deleted again after that.
        case cancelling
        /// Nothing of it is left.
        case deleted
        /// It is in a state that does not allow the change, and stays there.
        case refused(JobState)
        /// It is not to live again while another live job owns its fingerprint.
        case taken(JobID)
        /// The queue has no such job.
        case missing
    }

    /// The job.
    public var id: JobID
    /// How it went.
    public var result: Result

    package init(id: JobID, result: Result) {
        self.id = id
        self.result = result
    }

    /// Whether the wish was done, or is on its way.
    public var isDone: Bool {
        switch result {
        case .now, .cancelling, .deleted: true
        case .refused, .taken, .missing: false
        }
    }
}

extension Inspector {
    /// Ends jobs as cancelled: those that wait at once, those that run through their worker.
    /// - Parameters:
    ///   - ids: Any number; sent 1,000 at a time, so a failure may leave the later ones untouched.
    ///   - queue: The queue they are in.
    /// - Returns: What became of each, in order. Ended jobs are refused, but for a discarded one that holds its chain, which goes
    ///   on then.
    public func cancel(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: .cancelled) { ids in CancelJobs(ids) }
    }

    /// Makes jobs available now: ended ones with all attempts anew, scheduled and retryable ones with the attempts they have.
    /// The history of errors stays.
    /// - Parameters:
    ///   - ids: Any number; sent 1,000 at a time.
    ///   - queue: The queue they are in.
    /// - Returns: What became of each, in order. Jobs that run are refused, and so is an ended one that is unique while an equal
    ///   one lives: ``JobChange/Result/taken(_:)``.
    public func retry(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: .available) { ids in RetryJobs(ids) }
    }

    /// Removes jobs with all that is known of them. One that runs is told to cancel first: see ``JobChange/Result/cancelling``.
    /// - Parameters:
    ///   - ids: Any number; sent 1,000 at a time.
    ///   - queue: The queue they are in.
    /// - Returns: What became of each, in order.
    public func delete(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> [JobChange] {
        try await change(ids, in: queue, to: nil) { ids in DeleteJobs(ids) }
    }

    /// Makes jobs that wait due at another time.
    /// - Parameters:
    ///   - ids: Any number; sent 1,000 at a time.
    ///   - due: When. A time that has passed means now.
    ///   - queue: The queue they are in.
    /// - Returns: What became of each, in order. Jobs that run or have ended are refused.
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
    /// Reads the library's word for it.
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
