public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The limits of a queue and what they hold back, at one instant.
public struct QueueLimits: Sendable, Hashable {
    /// A limit by name, such as `rate/host`, and its value, such as `40/10000/300`: `ALLOWANCE/PERIOD/GUARD` in ms, `FAILURES/WITHIN/COOLS`
    /// in ms for a breaker, else a number.
    public struct Setting: Sendable, Hashable {
        /// The name; one value of a partition is named as in `rate/host=a.example`.
        public var name: String
        /// The value; `none` where an override lifts a limit.
        public var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What an operator has put in the place of a declared limit.
    public struct Override: Sendable, Hashable {
        /// The name and value that count meanwhile.
        public var setting: Setting
        /// When it ends by itself; nil for an override that somebody has to end.
        public var until: Date?
    }

    /// The queue.
    public var queue: QueueName
    /// The deploy number of the declaration that stands.
    public var deploy: Int
    /// Rises whenever a worker declares something else than what stands, taken or not.
    public var version: Int
    /// What code declares, by name.
    public var declared: [Setting]
    /// What operators have changed, by name.
    public var overrides: [Override]
    /// What counts now, by name; without those of single values.
    public var effective: [Setting]
    /// Jobs of the queue that run.
    public var running: Int
    /// After how long the queue's own rate lets the next job start; nil without one.
    public var nextStart: Duration?
    /// Whether the jobs that run are still being counted for limits that are new.
    public var isMigrating: Bool
    /// The busiest gates first, at most 200.
    public var gates: [GateStatus]
    /// The server's time at that instant.
    public var time: Date

    /// The value that counts now for the whole of a dimension, if there is one.
    public func effective(_ name: String) -> String? { effective.first { $0.name == name }?.value }
}

/// One gate: the limits of a dimension applied to one value, such as `account=42`, or a dependency, such as `tmdb`.
public struct GateStatus: Sendable, Hashable {
    /// A rate at a gate.
    public struct Rate: Sendable, Hashable {
        /// Jobs that started within the last period.
        public var used: Int
        /// Jobs that may.
        public var allowance: Int
        /// After how long the next may start.
        public var next: Duration
    }

    /// A breaker at a gate.
    public struct Breaker: Sendable, Hashable {
        /// Whether it lets jobs through.
        public var state: BreakerState
        /// When one that is open lets a job through.
        public var until: Date?
    }

    /// Which gate.
    public var gate: String
    /// Jobs that run with a place there.
    public var running: Int
    /// Jobs that may; nil without such a limit.
    public var concurrency: Int?
    /// Lanes that wait there.
    public var lanesWaiting: Int
    /// Its rate, if it has one.
    public var rate: Rate?
    /// Its breaker, if it has one.
    public var breaker: Breaker?
}
