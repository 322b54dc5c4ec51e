public import SluiceCore
import SluiceStore

/// Why a run was ended from outside.
enum Ending: Sendable, Hashable {
    /// The run exceeded its time limit.
    case timedOut(Duration)
    /// A cancel of the job was requested.
    case cancelled
    /// The worker stops, and its grace is over.
    case stopping
}

/// The meaning of a run's end for its job: the settlement for Redis and the report for observers.
struct Verdict: Sendable {
    var settlement: Settlement
    var state: JobState
    /// The error, for logs and observers.
    var failure: RunFailure?

    /// The failed dependency, if the job waits for one.
    var unavailable: String? {
        guard case .unavailable(let dependency, _, _, _) = settlement.outcome else { return nil }
        return dependency
    }

    /// Decides on a run. An ending from outside explains a failure; a success stays a success.
    init(_ report: RunReport, ending: Ending?) {
        let outcome = Self.outcome(report, ending)
        settlement = Settlement(id: report.id, fence: report.fence, outcome: outcome.0)
        if !report.committed.isEmpty, Self.commits(report, outcome.0) { settlement.committed = report.committed }
        state = Self.state(outcome.0)
        failure = outcome.1
    }

    /// Whether the run ended as its handler wished, so that the jobs it enqueued are committed.
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

    /// The outcome that the handler asked for, returned or thrown alike. Cancel and discard are final; a wish to run again yields
    /// to an ending from outside.
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

    /// The outcome of a failed attempt, by itself or from outside.
    private static func bad(
        _ report: RunReport, _ ending: Ending?, _ failure: RunFailure, after wait: Duration?
    ) -> (Settlement.Outcome, RunFailure?) {
        switch ending {
        case .stopping: return (.release, nil)
        case .cancelled: return ended(.cancelled, "cancelled while it ran")
        case .timedOut(let limit):
            // Only the handler knows whether the job or its dependency takes too long.
            if let outage = outage(report, failure.explained(by: "the run took longer than \(limit)"), wait) { return outage }
            return retry(report, RunFailure(type: "timeout", message: "took longer than \(limit)"), nil)
        case nil: return outage(report, failure, wait) ?? retry(report, failure, wait)
        }
    }

    /// The outcome if the handler named a failed dependency. It costs no attempt; such waits have a limit of their own.
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
        // The wait may come from a peer, and be zero or past. So the policy decides how often an attempt is made.
        let delay = max(report.retry.delay(after: report.attempt), bounded(wait ?? .zero), shortest(after: report.attempt))
        return (.retry(after: delay, error: failure.json), failure)
    }

    /// The shortest delay, so that no policy loops: a millisecond after the first attempt, doubled with each attempt up to a
    /// second.
    private static func shortest(after attempt: Int) -> Duration { .milliseconds(min(1 << min(max(attempt - 1, 0), 10), 1000)) }

    /// The longest wait that is accepted from an error, which may have it from a peer.
    private static let longestAsked = Duration.seconds(86_400)

    /// A wait of a handler, within the bounds of a policy's waits.
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

/// The report of a run for `afterProcess`, made once Redis has recorded or decided its outcome.
public struct ProcessedJob: Sendable {
    /// The id of the job.
    public var id: JobID
    /// The kind of the job.
    public var kind: String
    /// The queue of the job.
    public var queue: QueueName
    /// The new state of the job; after the death of a worker, `available` or `retryable` if the job runs again.
    public var state: JobState
    /// The number of the attempt.
    public var attempt: Int
    /// How long the handler took; nil if its worker died.
    public var duration: Duration?
    /// The output as JSON, if the job keeps its result.
    public var output: [UInt8]?
    /// The error, if the run failed.
    public var error: String?
}
