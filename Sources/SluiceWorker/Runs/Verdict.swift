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
    private(set) var settlement: Settlement
    /// The error, for logs and observers.
    let failure: RunFailure?

    var state: JobState { settlement.state }
    /// The failed dependency, if the job waits for one.
    var unavailable: String? { failure?.dependency }

    /// Decides on a run. An ending from outside explains a failure; a success stays a success.
    init(_ report: RunReport, ending: Ending?) {
        let decision = Self.decide(report, ending)
        settlement = Settlement(
            id: report.id, fence: report.fence, outcome: decision.outcome,
            run: RunFacts(kind: report.kind, waited: report.waited))
        if decision.commits, !report.committed.isEmpty { settlement.committed = report.committed }
        failure = decision.failure
    }

    private struct Decision {
        var outcome: Settlement.Outcome
        var failure: RunFailure?
        /// Whether the run ended as its handler wished, so that the jobs it enqueued are committed.
        var commits = false

        init(_ outcome: Settlement.Outcome, _ failure: RunFailure? = nil, commits: Bool = false) {
            self.outcome = outcome
            self.failure = failure
            self.commits = commits
        }

        static func cancelled(_ reason: String, commits: Bool = false) -> Self {
            let failure = RunFailure(type: "cancelled", message: reason)
            return Self(.cancelled(error: failure.json), failure, commits: commits)
        }

        static func discarded(_ reason: String, commits: Bool = false) -> Self {
            let failure = RunFailure(type: "discarded", message: reason)
            return Self(.discarded(error: failure.json), failure, commits: commits)
        }
    }

    private static func decide(_ report: RunReport, _ ending: Ending?) -> Decision {
        switch report.result {
        case .outcome(let outcome): wished(outcome, report, ending)
        case .failed(let failure):
            if let interruption = failure.interruption {
                wished(interruption.outcome.widened(), report, ending)
            } else {
                failed(report, ending, failure, after: failure.retryAfter.map { min($0, longestAsked) })
            }
        case .unknownKind: Decision(.wait(base: .seconds(1), cap: .seconds(300)))
        case .parked(let failure): Decision(.wait(base: .seconds(1), cap: .seconds(300), error: failure.json), failure)
        case .unreadable(let reason): .discarded(reason)
        case .unable: Decision(.release)
        }
    }

    /// The outcome that the handler asked for, returned or thrown alike. Completed, cancel and discard are final; a wish to run
    /// again yields to an ending from outside.
    private static func wished(_ outcome: JobResult, _ report: RunReport, _ ending: Ending?) -> Decision {
        switch outcome {
        case .completed(let output): Decision(.completed(result: report.sealed ?? output.text), commits: true)
        case .cancel(let reason): .cancelled(reason, commits: true)
        case .discard(let reason): .discarded(reason, commits: true)
        case .snooze(.for(let wait)) where ending == nil: Decision(.snooze(bounded(wait)), commits: true)
        case .snooze(.adaptive(let polling)) where ending == nil:
            Decision(.poll(polling, name: polling.name ?? report.kind), commits: true)
        case .snooze: failed(report, ending, RunFailure(type: "snooze", message: "snoozed"), after: nil)
        case .retry(let wait, let reason): failed(report, ending, RunFailure(type: "retry", message: reason), after: wait)
        }
    }

    /// The outcome of a failed attempt, by itself or from outside.
    private static func failed(
        _ report: RunReport, _ ending: Ending?, _ failure: RunFailure, after wait: Duration?
    ) -> Decision {
        switch ending {
        case .stopping: Decision(.release)
        case .cancelled: .cancelled("cancelled while it ran")
        case .timedOut(let limit):
            // Only the handler knows whether the job or its dependency takes too long.
            outage(report, failure.explained(by: "the run took longer than \(limit)"), wait)
                ?? retry(report, RunFailure(type: "timeout", message: "took longer than \(limit)"), nil)
        case nil: outage(report, failure, wait) ?? retry(report, failure, wait)
        }
    }

    /// The outcome if the handler named a failed dependency. It costs no attempt; such waits have a limit of their own.
    private static func outage(_ report: RunReport, _ failure: RunFailure, _ wait: Duration?) -> Decision? {
        guard let dependency = failure.dependency else { return nil }
        let outcome = Settlement.Outcome.unavailable(
            dependency: dependency, retryAfter: wait.map(bounded), maxWaits: report.maxWaits, error: failure.json)
        return Decision(outcome, failure)
    }

    private static func retry(_ report: RunReport, _ failure: RunFailure, _ wait: Duration?) -> Decision {
        if report.attempt >= report.maxAttempts { return Decision(.discarded(error: failure.json), failure) }
        // The wait may come from a peer, and be zero or past. So the policy decides how often an attempt is made.
        let delay = max(report.retry.delay(after: report.attempt), bounded(wait ?? .zero), shortest(after: report.attempt))
        return Decision(.retry(after: delay, error: failure.json), failure)
    }

    /// The shortest delay, so that no policy loops: a millisecond after the first attempt, doubled with each attempt up to a
    /// second.
    private static func shortest(after attempt: Int) -> Duration { .milliseconds(min(1 << min(max(attempt - 1, 0), 10), 1000)) }

    /// The longest wait that is accepted from an error, which may have it from a peer.
    private static let longestAsked = Duration.seconds(86_400)

    /// A wait of a handler, within the bounds of a policy's waits.
    private static func bounded(_ wait: Duration) -> Duration { min(max(wait, .zero), RetryPolicy.longest) }
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
