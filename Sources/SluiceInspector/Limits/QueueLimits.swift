public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The limits of a queue and their gates, at one instant.
public struct QueueLimits: Sendable, Hashable {
    /// A limit by name, such as `rate/host`, and its value, such as `40/10000/300`. A rate is `ALLOWANCE/PERIOD/GUARD` and a
    /// breaker `FAILURES/WITHIN/COOLS`, with times in ms; other limits are a number.
    public struct Setting: Sendable, Hashable {
        /// The name. `rate/host=a.example` names a limit for one value of a partition.
        public var name: String
        /// The value; `none` if an override removes the limit.
        public var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An operator's replacement of a declared limit.
    public struct Override: Sendable, Hashable {
        /// The name and value in force.
        public var setting: Setting
        /// The time when the override ends by itself; nil if an operator has to end it.
        public var until: Date?
    }

    /// The queue of the limits.
    public var queue: QueueName
    /// The deploy number of the current declaration.
    public var deploy: Int
    /// Increases with each declaration by a worker that differs from the current one, accepted or not.
    public var version: Int
    /// The limits that code declares, by name.
    public var declared: [Setting]
    /// The limits that operators override, by name.
    public var overrides: [Override]
    /// The limits in force, by name; without those of single values.
    public var effective: [Setting]
    /// Running jobs of the queue.
    public var running: Int
    /// The time until the queue's own rate allows the next start; nil without a rate.
    public var nextStart: Duration?
    /// Whether running jobs are still being counted for new limits.
    public var isMigrating: Bool
    /// At most 200 gates, the busiest first.
    public var gates: [GateStatus]
    /// The server's time of the reply.
    public var time: Date

    /// Returns the value in force for a whole dimension, if there is one.
    public func effective(_ name: String) -> String? { effective.first { $0.name == name }?.value }
}

/// One gate: the limits of a dimension applied to one value, such as `account=42`, or a dependency, such as `tmdb`.
public struct GateStatus: Sendable, Hashable {
    /// The rate of a gate.
    public struct Rate: Sendable, Hashable {
        /// Jobs started within the last period.
        public var used: Int
        /// Jobs that may start within a period.
        public var allowance: Int
        /// The time until the next job may start.
        public var next: Duration
    }

    /// The breaker of a gate.
    public struct Breaker: Sendable, Hashable {
        /// The state of the breaker.
        public var state: BreakerState
        /// The time when an open breaker lets a job through.
        public var until: Date?

        package init(state: BreakerState, until: Date?) {
            self.state = state
            self.until = until
        }
    }

    /// The name of the gate.
    public var gate: String
    /// Running jobs that hold a place at the gate.
    public var running: Int
    /// The limit of running jobs; nil without one.
    public var concurrency: Int?
    /// Lanes that wait at the gate.
    public var lanesWaiting: Int
    /// The rate, if the gate has one.
    public var rate: Rate?
    /// The breaker, if the gate has one.
    public var breaker: Breaker?

    package init(gate: String, running: Int, concurrency: Int?, lanesWaiting: Int, rate: Rate?, breaker: Breaker?) {
        self.gate = gate
        self.running = running
        self.concurrency = concurrency
        self.lanesWaiting = lanesWaiting
        self.rate = rate
        self.breaker = breaker
    }
}

extension GateStatus {
    /// A gate without rate and breaker.
    package init(gate: String, running: Int, concurrency: Int?, lanesWaiting: Int) {
        self.init(gate: gate, running: running, concurrency: concurrency, lanesWaiting: lanesWaiting, rate: nil, breaker: nil)
    }
}
