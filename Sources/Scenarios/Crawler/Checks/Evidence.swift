import ScenarioSupport
import Sluice

/// All that is known of a crawl when it is over. Times are in microseconds since 1970: all processes of one machine have one clock.
struct Evidence: Sendable {
    /// The queue at one instant.
    struct Sample: Sendable {
        var time: Int
        /// Jobs that were ever enqueued, that are there now, and that were removed.
        var enqueued: Int
        var present: Int
        var removed: Int
        /// Jobs that have not ended; the longest wait among those that could run.
        var live: Int
        var oldest: Duration
    }

    /// Many equal jobs at the same time, while one is in a state.
    struct TwinTrial: Sendable {
        var state: JobState
        /// Jobs that the replies name, and how often one was added.
        var owners: Set<String>
        var added: Int
    }

    /// What a pause shows: nothing moves, and a known number comes in.
    struct PauseTrial: Sendable {
        var added: Int
        var before: Sample
        var after: Sample
    }

    /// What a mark on the queue does, while nothing ends: more is sent at once than it lets in.
    struct MarkTrial: Sendable {
        /// How many jobs may wait, and how many did before.
        var mark: Int
        var waiting: Int
        var sent: Int
        var admitted: Int
        /// Those that were told that the queue is full, and those of them that were told when to try again.
        var refused: Int
        var advised: Int
        /// Of those that were refused, those that went in when the mark was gone.
        var later: Int
    }

    /// A time in which a dependency was not there.
    struct Episode: Sendable {
        var from: Int
        var to: Int
        /// Until when its breaker was open when it came back.
        var openUntil: Int?
        /// Jobs that need it and waited then; jobs that do not, and had not ended.
        var waiting: Int
        var others: Int?
        /// Worker processes that ran when it came back.
        var processes: Set<Int32> = []
    }

    /// What an operator did to many jobs.
    struct Bulk: Sendable {
        var what: String
        var expected: Int
        var changed: Int
        /// The most jobs that were looked at in one step.
        var largestStep: Int
        var isComplete: Bool
    }

    /// A fingerprint whose job is gone, announced again.
    struct Again: Sendable {
        var ending: String
        var isNew: Bool
    }

    /// Locks at the end: all, those held for a time after their job, and jobs that live.
    struct Locks: Sendable {
        var all: Int
        var periods: Int
        var live: Int
    }

    struct Drain: Sendable {
        var from: Int
        var to: Int
        /// Calls with the own key in that time.
        var calls: Int
        /// The most calls of one job that were never answered.
        var hung = 0
    }

    var scale: Scale
    var asOriginal = false
    var runs: [CrawlRun] = [] { didSet { index = RunIndex(runs) } }
    private(set) var index = RunIndex([])
    var calls: [APICall] = []
    /// How often the outcome of a job could not be stored.
    var unstored: [String: Int] = [:]
    /// Settlements that Redis refused.
    var refused = 0
    /// Lines of runs that wrote late, by whether they were let, and of jobs that ran without the API.
    var lateWrites = 0
    var lateRefusals = 0
    var without = 0
    var samples: [Sample] = []
    var twins: [TwinTrial] = []
    /// The newest announcement that a run was left with, and the runs it got.
    var replaced: (wanted: String, runs: [String])?
    var pause: PauseTrial?
    var mark: MarkTrial?
    var outage: Episode?
    var rejection: Episode?
    var off: Episode?
    /// How long a batch of jobs that need nothing took, before and in the outage; zero until then.
    var batches: (before: Duration, during: Duration)?
    var bulk: [Bulk] = []
    /// What a call of another client took meanwhile, at the 99th percentile.
    var slowest = Duration.zero
    var again: [Again] = []
    var locks: Locks?
    /// Fingerprints with two live jobs, at any time they were counted.
    var doubles: [String] = []
    /// Jobs that were discarded, and did not fail by their own fault or kill their worker.
    var wronged: [String] = []
    var left = 0
    var violations: [String] = []
    var audits = 0
    var drain: Drain?
    /// Numbers of announcements and when their sending had begun.
    var announced: [(first: Int, time: Int)] = []
    var announcements = 0
    var announcing = Duration.zero
    /// Worker processes that were killed, and when that was noticed.
    var killed: [Int32: Int] = [:]
    /// Processes that warned of the shared key, and the calls that they counted.
    var warned: Set<Int32> = []
    var counted = 0
    var stalled = false
    var elapsed = Duration.zero

    func verdict(on requirement: Requirement) -> Verdict {
        if stalled, !Self.afterStall.contains(requirement) { return .unknown("the run had stopped before") }
        switch requirement {
        case .outcomesStored: return outcomesStored
        case .oneLive: return oneLive
        case .locksEnd: return locksEnd
        case .boundedRuns: return boundedRuns
        case .laterDue: return laterDue
        case .outage: return outageIsNoFailure
        case .recovery: return recovery
        case .rate: return rate
        case .bulk: return bulkChanges
        case .conservation: return conservation
        case .visible: return visible
        case .timeout: return timeouts
        case .retriesServed: return retriesServed
        case .switching: return switching
        case .sharedKey: return sharedKey
        }
    }

    /// What can be told of a run that came to a halt.
    private static let afterStall: Set<Requirement> = [
        .outcomesStored, .oneLive, .boundedRuns, .laterDue, .outage, .rate, .conservation,
    ]
}
