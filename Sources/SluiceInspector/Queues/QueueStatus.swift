public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A queue at one instant, in numbers. Reading it costs the same whatever the queue holds.
public struct QueueStatus: Sendable, Hashable {
    /// A pause in force: nothing is claimed until somebody resumes the queue; what runs goes on.
    public struct Pause: Sendable, Hashable {
        /// Why, in the words of whoever paused it; may be empty.
        public var reason: String
        /// Since when, by the server's clock.
        public var since: Date
    }

    /// How many ended jobs of a state are kept, and for how long; whichever bound is met first removes the oldest.
    public struct Retention: Sendable, Hashable {
        /// Jobs kept at most.
        public var count: Int
        /// Time kept at most.
        public var age: Duration
    }

    /// The queue.
    public var queue: QueueName
    /// Jobs now in each state; all states are there. For ended states, jobs that are still kept: see ``totals``.
    public var states: [JobState: Int]
    /// The pause in force, if there is one.
    public var pause: Pause?
    /// How long the first job of the lane that waits longest has been waiting; zero if none waits.
    public var oldestAvailable: Duration
    /// How long the oldest of a state has been there: available, suspended and executing; overdue, for those that wait for a time. Nothing
    /// is told of more than 500 runs.
    public var oldest: [JobState: Duration] = [:]
    /// How many jobs may wait to run; nil if that is not limited.
    public var depthLimit: Int?
    /// Lanes with jobs that could be claimed.
    public var lanes: Int
    /// Workers whose lease has not been given up yet.
    public var workers: Int
    /// Bounds of what is kept, by ended state.
    public var retention: [JobState: Retention]
    /// Counters since the queue was made: `enqueued`, `completed`, `cancelled`, `discarded`, `retried`, `snoozed`, `released`,
    /// `reclaimed`, `refused`, `removed`… One that never counted is absent; new ones may come with new versions.
    public var totals: [String: Int]
    /// The server's time at that instant.
    public var time: Date
    /// What has happened here and has still to be told in other slots, or to many followers.
    public var outgoing = 0
}

extension QueueStatus {
    /// Reads the flat reply of the library.
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

    /// Whether nobody ever used it; a queue need not be made before its first job, so this is no error.
    package var isUnused: Bool { totals.isEmpty && workers == 0 && pause == nil && states.values.allSatisfy { $0 == 0 } }
}

extension QueueStatus.Pause {
    /// Reads `ms reason`; nil for the empty text.
    fileprivate init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let since = words.first.flatMap({ Int($0) }) else { return nil }
        self.init(reason: words.count > 1 ? String(words[1]) : "", since: Date(milliseconds: since))
    }
}

extension QueueStatus.Retention {
    /// Reads `count ms`.
    fileprivate init?(_ text: String) {
        let numbers = text.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { return nil }
        self.init(count: numbers[0], age: .milliseconds(numbers[1]))
    }
}
