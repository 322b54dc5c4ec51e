public import SluiceCore

/// The outcome of a change for one job.
public struct ChangeOutcome: Sendable, Hashable {
    /// The outcome of the change.
    public enum Result: Sendable, Hashable {
        /// The job is in this state now, or was before the call.
        case now(JobState)
        /// The job runs, and its worker was asked to stop; that usually takes less than a second. The job then ends as cancelled,
        /// unless it ends by itself first. A job to be deleted has to be deleted again afterwards.
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

extension ChangeOutcome.Result {
    /// Parses the library's word for the result.
    init(_ word: String, wanted: JobState?) {
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
