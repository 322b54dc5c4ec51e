import Sluice

/// What a job is meant to come to, however often it has to run again for other reasons.
enum PlannedEnd: String, Codable, Sendable {
    case completes
    /// Its first attempt ends badly, and the next one well.
    case failsFirst
    case discards
    case cancels

    struct Failure: Error {}

    /// Ends a run as planned.
    func carryOut(attempt: Int) throws {
        switch self {
        case .completes: break
        case .failsFirst: if attempt == 1 { throw Failure() }
        case .discards: throw JobInterruption.discard(reason: "as planned")
        case .cancels: throw JobInterruption.cancel(reason: "as planned")
        }
    }

    /// The state that a job of it ends in.
    var state: JobState {
        switch self {
        case .completes, .failsFirst: .completed
        case .discards: .discarded
        case .cancels: .cancelled
        }
    }
}
