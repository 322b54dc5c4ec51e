public import SluiceCore
import SluiceStore

/// Why a run was ended from outside.
enum Ending: Sendable, Hashable {
    /// It took longer than its limit.
    case timedOut(Duration)
    /// Somebody asked for the job to be cancelled.
    case cancelled
    /// The worker stops and its grace is over.
    case stopping
}

/// What the end of a run means for the job: what is sent to Redis, and what observers are told.
struct Verdict: Sendable {
    var settlement: Settlement
    var state: JobState
    /// What went wrong, for logs and observers.
    var failure: RunFailure?

    /// The verdict on a run. An ending from outside explains a failure, and leaves a success what it is.
    init(_ report: RunReport, ending: Ending?) {
        let outcome = Self.outcome(report, ending)
        settlement = Settlement(id: report.id, fence: report.fence, outcome: outcome.0)
        state = Self.state(outcome.0)
        failure = outcome.1
    }

    private static func outcome(_ report: RunReport, _ ending: Ending?) -> (Settlement.Outcome, RunFailure?) {
        switch report.result {
        case .outcome(.completed(let output)): (.completed(result: output.text), nil)
        case .outcome(.snooze(let wait)) where ending == nil: (.snooze(wait), nil)
        case .outcome(.cancel(let reason)): ended(.cancelled, reason)
        case .outcome(.discard(let reason)): ended(.discarded, reason)
        case .outcome(.retry(let wait, let reason)):
            bad(report, ending, RunFailure(type: "retry", message: reason), after: wait)
        case .outcome(.snooze): bad(report, ending, RunFailure(type: "snooze", message: "snoozed"), after: nil)
        case .failed(let failure): failed(report, ending, failure)
        case .unknownKind: (.wait(base: .seconds(1), cap: .seconds(300)), nil)
        case .unreadable(let reason): ended(.discarded, reason)
        }
    }

    private static func failed(
        _ report: RunReport, _ ending: Ending?, _ failure: RunFailure
    ) -> (Settlement.Outcome, RunFailure?) {
        guard ending == nil, let interruption = failure.interruption else {
            return bad(report, ending, failure, after: failure.retryAfter)
        }
        switch interruption.outcome {
        case .snooze(let wait): return (.snooze(wait), nil)
        case .cancel(let reason): return ended(.cancelled, reason)
        case .discard(let reason): return ended(.discarded, reason)
        case .retry(let wait, let reason): return bad(report, nil, RunFailure(type: "retry", message: reason), after: wait)
        }
    }

    /// A run that ended badly, by itself or from outside.
    private static func bad(
        _ report: RunReport, _ ending: Ending?, _ failure: RunFailure, after wait: Duration?
    ) -> (Settlement.Outcome, RunFailure?) {
        switch ending {
        case .stopping: return (.release, nil)
        case .cancelled: return ended(.cancelled, "cancelled while it ran")
        case .timedOut(let limit): return retry(report, RunFailure(type: "timeout", message: "took longer than \(limit)"), nil)
        case nil: return retry(report, failure, wait)
        }
    }

    private static func retry(
        _ report: RunReport, _ failure: RunFailure, _ wait: Duration?
    ) -> (Settlement.Outcome, RunFailure?) {
        if report.attempt >= report.maxAttempts { return (.discarded(error: failure.json), failure) }
        return (.retry(after: wait ?? report.retry.delay(after: report.attempt), error: failure.json), failure)
    }

    private enum BadEnd { case cancelled, discarded }

    private static func ended(_ end: BadEnd, _ reason: String) -> (Settlement.Outcome, RunFailure?) {
        let failure = RunFailure(type: end == .cancelled ? "cancelled" : "discarded", message: reason)
        return (end == .cancelled ? .cancelled(error: failure.json) : .discarded(error: failure.json), failure)
    }

    private static func state(_ outcome: Settlement.Outcome) -> JobState {
        switch outcome {
        case .completed: .completed
        case .retry: .retryable
        case .snooze, .wait: .scheduled
        case .release: .available
        case .cancelled: .cancelled
        case .discarded: .discarded
        }
    }
}

/// What `afterProcess` is told of each run, once Redis has recorded its outcome.
public struct ProcessedJob: Sendable {
    /// The job.
    public var id: JobID
    /// Its kind.
    public var kind: String
    /// The queue it came from.
    public var queue: QueueName
    /// The state it went to.
    public var state: JobState
    /// The number of the run.
    public var attempt: Int
    /// How long the handler took.
    public var duration: Duration
    /// What it returned, as JSON, where the job keeps its result.
    public var output: [UInt8]?
    /// What went wrong, if something did.
    public var error: String?
}
