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

    /// What was down, if that is why the job waits.
    var unavailable: String? {
        guard case .unavailable(let dependency, _, _, _) = settlement.outcome else { return nil }
        return dependency
    }

    /// The verdict on a run. An ending from outside explains a failure, and leaves a success what it is.
    init(_ report: RunReport, ending: Ending?) {
        let outcome = Self.outcome(report, ending)
        settlement = Settlement(id: report.id, fence: report.fence, outcome: outcome.0)
        if !report.committed.isEmpty, Self.commits(report, outcome.0) { settlement.committed = report.committed }
        state = Self.state(outcome.0)
        failure = outcome.1
    }

    /// Whether a run ended as its handler wished, so that what it has enqueued comes to be.
    private static func commits(_ report: RunReport, _ outcome: Settlement.Outcome) -> Bool {
        switch outcome {
        case .completed, .snooze, .poll: true
        case .cancelled, .discarded: isEndedByHandler(report)
        case .retry, .release, .wait, .unavailable: false
        }
    }

    private static func isEndedByHandler(_ report: RunReport) -> Bool {
        switch report.result {
        case .outcome(.cancel), .outcome(.discard): true
        case .outcome(.completed), .outcome(.retry), .outcome(.snooze), .unknownKind, .parked, .unreadable, .unable: false
        case .failed(let failure):
            switch failure.interruption?.outcome {
            case .cancel, .discard: true
            case .completed, .retry, .snooze, nil: false
            }
        }
    }

    private static func outcome(_ report: RunReport, _ ending: Ending?) -> (Settlement.Outcome, RunFailure?) {
        switch report.result {
        case .outcome(.completed(let output)): (.completed(result: report.sealed ?? output.text), nil)
        case .outcome(.snooze(let snooze)): wished(.snooze(snooze), report, ending)
        case .outcome(.cancel(let reason)): wished(.cancel(reason: reason), report, ending)
        case .outcome(.discard(let reason)): wished(.discard(reason: reason), report, ending)
        case .outcome(.retry(let wait, let reason)): wished(.retry(after: wait, reason: reason), report, ending)
        case .failed(let failure):
            if let interruption = failure.interruption {
                wished(interruption.outcome, report, ending)
            } else {
                bad(report, ending, failure, after: failure.retryAfter.map { min($0, longestAsked) })
            }
        case .unknownKind: (.wait(base: .seconds(1), cap: .seconds(300), error: nil), nil)
        case .parked(let failure): (.wait(base: .seconds(1), cap: .seconds(300), error: failure.json), failure)
        case .unreadable(let reason): ended(.discarded, reason)
        case .unable: (.release, nil)
        }
    }

    /// What the handler asked for, returned or thrown alike. An end is final; a wish to run again yields to an ending.
    private static func wished(
        _ outcome: Outcome<Never>, _ report: RunReport, _ ending: Ending?
    ) -> (Settlement.Outcome, RunFailure?) {
        switch outcome {
        case .cancel(let reason): ended(.cancelled, reason)
        case .discard(let reason): ended(.discarded, reason)
        case .snooze(.for(let wait)) where ending == nil: (.snooze(bounded(wait)), nil)
        case .snooze(.adaptive(let polling)) where ending == nil: (.poll(polling, name: polling.name ?? report.kind), nil)
        case .snooze: bad(report, ending, RunFailure(type: "snooze", message: "snoozed"), after: nil)
        case .retry(let wait, let reason): bad(report, ending, RunFailure(type: "retry", message: reason), after: wait)
        }
    }

    /// A run that ended badly, by itself or from outside.
    private static func bad(
        _ report: RunReport, _ ending: Ending?, _ failure: RunFailure, after wait: Duration?
    ) -> (Settlement.Outcome, RunFailure?) {
        switch ending {
        case .stopping: return (.release, nil)
        case .cancelled: return ended(.cancelled, "cancelled while it ran")
        case .timedOut(let limit):
            // Whether it is the job that takes too long or what it called, only the handler knows.
            if let outage = outage(report, failure.explained(by: "the run took longer than \(limit)"), wait) { return outage }
            return retry(report, RunFailure(type: "timeout", message: "took longer than \(limit)"), nil)
        case nil: return outage(report, failure, wait) ?? retry(report, failure, wait)
        }
    }

    /// No attempt is spent if the handler says what was down; waits of that kind are bounded by themselves.
    private static func outage(
        _ report: RunReport, _ failure: RunFailure, _ wait: Duration?
    ) -> (Settlement.Outcome, RunFailure?)? {
        guard let dependency = failure.dependency else { return nil }
        let outcome = Settlement.Outcome.unavailable(
            dependency: dependency, retryAfter: wait.map(bounded), maxWaits: report.maxWaits, error: failure.json)
        return (outcome, failure)
    }

    private static func retry(
        _ report: RunReport, _ failure: RunFailure, _ wait: Duration?
    ) -> (Settlement.Outcome, RunFailure?) {
        if report.attempt >= report.maxAttempts { return (.discarded(error: failure.json), failure) }
        // What a handler, or a peer by way of it, asks for may be nothing, or past: the policy says how often an attempt is spent.
        let delay = max(report.retry.delay(after: report.attempt), bounded(wait ?? .zero), shortest(after: report.attempt))
        return (.retry(after: delay, error: failure.json), failure)
    }

    /// So that no policy is a loop: a millisecond after the first attempt, doubled with each one up to a second.
    private static func shortest(after attempt: Int) -> Duration { .milliseconds(min(1 << min(max(attempt - 1, 0), 10), 1000)) }

    /// The longest wait that an error is believed, which has it from others.
    private static let longestAsked = Duration.seconds(86_400)

    /// A wait that a handler asks for, within the bounds of a policy's.
    private static func bounded(_ wait: Duration) -> Duration { min(max(wait, .zero), RetryPolicy.longest) }

    private enum BadEnd { case cancelled, discarded }

    private static func ended(_ end: BadEnd, _ reason: String) -> (Settlement.Outcome, RunFailure?) {
        let failure = RunFailure(type: end == .cancelled ? "cancelled" : "discarded", message: reason)
        return (end == .cancelled ? .cancelled(error: failure.json) : .discarded(error: failure.json), failure)
    }

    private static func state(_ outcome: Settlement.Outcome) -> JobState {
        switch outcome {
        case .completed: .completed
        case .retry: .retryable
        case .snooze, .poll, .wait, .unavailable: .scheduled
        case .release: .available
        case .cancelled: .cancelled
        case .discarded: .discarded
        }
    }
}

/// What `afterProcess` is told of each run, once Redis has recorded its outcome or has decided it.
public struct ProcessedJob: Sendable {
    /// The job.
    public var id: JobID
    /// Its kind.
    public var kind: String
    /// The queue it came from.
    public var queue: QueueName
    /// The state it went to; after the death of a worker, `available` or `retryable` where it runs again.
    public var state: JobState
    /// The number of the run.
    public var attempt: Int
    /// How long the handler took; nil where its worker died.
    public var duration: Duration?
    /// What it returned, as JSON, where the job keeps its result.
    public var output: [UInt8]?
    /// What went wrong, if something did.
    public var error: String?
}
