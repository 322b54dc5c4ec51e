public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The numbers of a queue at one instant. Reading them costs the same for any size of queue.
public struct QueueStatus: Sendable, Hashable {
    /// A pause in force: no job is claimed until the queue is resumed; running jobs go on.
    public struct Pause: Sendable, Hashable {
        /// The operator's reason; may be empty.
        public var reason: String
        /// The start of the pause, by the server's clock.
        public var since: Date
    }

    /// The retention of ended jobs in one state. The oldest jobs are removed as soon as either bound is exceeded.
    public struct Retention: Sendable, Hashable {
        /// The most jobs to keep.
        public var count: Int
        /// The longest time to keep a job.
        public var age: Duration
    }

    /// The name of the queue.
    public var queue: QueueName
    /// The number of jobs in each state; all states are present. For ended states it counts the jobs still kept: see ``totals``.
    public var states: [JobState: Int]
    /// The pause in force, if there is one.
    public var pause: Pause?
    /// The waiting time of the first job in the lane that waits longest; zero if no job waits.
    public var oldestAvailable: Duration
    /// The age of the oldest job in a state: available, suspended or executing. For jobs that wait for a time, the longest delay
    /// past it. With more than 500 runs, `executing` is absent.
    public var oldest: [JobState: Duration] = [:]
    /// The limit of waiting jobs; nil if there is none.
    public var depthLimit: Int?
    /// Lanes with jobs that can be claimed.
    public var lanes: Int
    /// Workers whose lease has not been given up.
    public var workers: Int
    /// The retention of each ended state.
    public var retention: [JobState: Retention]
    /// Counters since the queue was created: `enqueued`, `completed`, `cancelled`, `discarded`, `retried`, `snoozed`, `released`,
    /// `reclaimed`, `refused`, `removed`… A counter of zero is absent; new versions may add counters.
    public var totals: [String: Int]
    /// The server's time of the reply.
    public var time: Date
    /// Outbox messages of this queue that are not delivered yet, to other slots or to many followers.
    public var outgoing = 0
    /// How long the most overdue tick of the queue's recurring jobs has been due; zero while all are on time. Nil if there is no
    /// tick to come, or the library on the server is too old to tell.
    public var cronDelay: Duration?
}

extension QueueStatus {
    /// Parses the flat reply of the library.
    package init(_ queue: QueueName, reply: [String: String]) {
        func number(_ name: String) -> Int { reply[name].flatMap { Int($0) } ?? 0 }
        self.queue = queue
        states = Dictionary(uniqueKeysWithValues: JobState.allCases.map { ($0, number($0.rawValue)) })
        pause = Pause(reply["paused"] ?? "")
        oldestAvailable = .milliseconds(number("oldest_available_ms"))
        depthLimit = reply["depth"].flatMap { Int($0) }
        for state in JobState.allCases where !state.isEnded {
            oldest[state] = reply["oldest_\(state.rawValue)_ms"].flatMap { Int($0) }.map { .milliseconds($0) }
        }
        lanes = number("lanes")
        workers = number("workers")
        outgoing = number("outgoing")
        cronDelay = reply["cron_late_ms"].flatMap { Int($0) }.map { .milliseconds($0) }
        time = Date(milliseconds: number("now"))
        retention = [:]
        totals = [:]
        for state in JobState.allCases where state.isEnded {
            retention[state] = reply["keeps_" + state.rawValue].flatMap(Retention.init)
        }
        for (name, value) in reply where name.hasPrefix("total_") { totals[String(name.dropFirst(6))] = Int(value) }
    }

    /// Jobs that wait to run: available, scheduled, retryable and suspended.
    public var waiting: Int {
        [.available, .scheduled, .retryable, .suspended].reduce(0) { $0 + states[$1, default: 0] }
    }

    /// Whether the queue was never used. A queue need not be created before its first job, so this is not an error.
    package var isUnused: Bool { totals.isEmpty && workers == 0 && pause == nil && states.values.allSatisfy { $0 == 0 } }
}

extension QueueStatus.Pause {
    /// Parses `ms reason`; nil for the empty text.
    fileprivate init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let since = words.first.flatMap({ Int($0) }) else { return nil }
        self.init(reason: words.count > 1 ? String(words[1]) : "", since: Date(milliseconds: since))
    }
}

extension QueueStatus.Retention {
    /// Parses `count ms`.
    fileprivate init?(_ text: String) {
        let numbers = text.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { return nil }
        self.init(count: numbers[0], age: .milliseconds(numbers[1]))
    }
}

/// The counts of ``QueueStatus/states`` by name. Those of ended states count the jobs still kept.
extension QueueStatus {
    /// Jobs that wait for a worker.
    public var available: Int { states[.available, default: 0] }
    /// Jobs that wait for their time.
    public var scheduled: Int { states[.scheduled, default: 0] }
    /// Jobs that wait for their next attempt.
    public var retryable: Int { states[.retryable, default: 0] }
    /// Jobs that wait for another job, a dependency or an operator.
    public var suspended: Int { states[.suspended, default: 0] }
    /// Jobs that run.
    public var executing: Int { states[.executing, default: 0] }
    /// Completed jobs that are kept.
    public var completed: Int { states[.completed, default: 0] }
    /// Cancelled jobs that are kept.
    public var cancelled: Int { states[.cancelled, default: 0] }
    /// Discarded jobs that are kept.
    public var discarded: Int { states[.discarded, default: 0] }
}
