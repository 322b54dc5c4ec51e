package import Hiredis
package import SluiceCore

/// Reads the limits of a queue and their usage, for all busy gates or for one: `lua/limits/limits_list.lua`.
package struct Limits: StoreFunction {
    package static let name = "limits"
    package static let isReadOnly = true

    package struct Overridden: Sendable, Hashable {
        package var limit: Limit
        /// The end of the override, in ms since 1970; nil for no end.
        package var until: Int?
    }

    /// One gate. A nil property does not apply to it.
    package struct Gate: Sendable, Hashable {
        package var name: String
        /// Number of jobs that hold a place.
        package var members: Int
        package var concurrency: Int?
        /// Number of lanes parked there.
        package var lanes: Int
        package var rateUsed: Int?
        package var rateAllowance: Int?
        /// Time until the rate has a free place.
        package var nextPlace: Duration?
        package var breaker: BreakerState?
        /// Time at which the breaker has cooled, in ms since 1970.
        package var openUntil: Int?
    }

    package struct Reply: Sendable {
        /// The deploy of the declaration in force.
        package var deploy: Int
        /// Rises whenever a worker changes the declaration.
        package var declaredVersion: Int
        package var declared: [Limit]
        package var overrides: [Overridden]
        /// The limits in force for dimensions.
        package var effective: [Limit]
        /// The server's time in ms since 1970.
        package var now: Int
        /// Number of running jobs of the queue.
        package var running: Int
        /// Time until the queue's own rate has a free place; nil if there is no such rate.
        package var nextPlace: Duration?
        /// Whether an added or removed limit is still being applied to existing jobs.
        package var isMigrating: Bool
        /// The gates, busiest first.
        package var gates: [Gate]
    }

    package var gate: String?

    package init(gate: String? = nil) { self.gate = gate }

    package func write(into command: inout RedisCommand) {
        if let gate { command.append(gate) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        let fields = reply.dictionary
        guard reply.kind == .array, let deploy = fields["deploy"]?.integer, let now = fields["now"]?.integer else {
            throw malformed(Self.name)
        }
        return Reply(
            deploy: deploy, declaredVersion: fields["declared_version"]?.integer ?? 0, declared: limits(fields["declared"]),
            overrides: overrides(fields["overrides"]), effective: limits(fields["effective"]), now: now,
            running: fields["running"]?.integer ?? 0, nextPlace: wait(fields["next"]),
            isMigrating: fields["migrating"]?.integer == 1, gates: fields["gates"]?.elements.compactMap(Gate.init) ?? [])
    }

    private func limits(_ reply: RedisValue?) -> [Limit] {
        reply?.rows(of: 2).map { Limit(name: $0.text(0), value: $0.text(1)) } ?? []
    }

    private func overrides(_ reply: RedisValue?) -> [Overridden] {
        reply?.rows(of: 3).map { Overridden(limit: Limit(name: $0.text(0), value: $0.text(1)), until: $0.moment(2)) } ?? []
    }
}

/// Reads some of the runs that hold places at a gate, and of the lanes that wait there: `lua/operators/explain.lua`.
package struct Holders: StoreFunction {
    package static let name = "holders"
    package static let isReadOnly = true

    package struct Item: Sendable, Hashable {
        package var id: JobID
        package var worker: WorkerID
        /// The start of the run, in ms since 1970.
        package var since: Int
    }

    package var gate: String

    package init(_ gate: String) { self.gate = gate }

    package func write(into command: inout RedisCommand) { command.append(gate) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> (holders: [Item], lanes: [String]) {
        guard reply.count == 2 else { throw malformed(Self.name) }
        let holders = reply[0].rows(of: 3).map {
            Item(id: $0.id(0), worker: WorkerID(known: $0.text(1)), since: $0.count(2))
        }
        return (holders, reply[1].elements.compactMap(\.string))
    }
}

extension Limits.Gate {
    fileprivate init?(_ reply: RedisValue) {
        guard reply.count >= 9, let name = reply[0].string, let members = reply[1].integer else { return nil }
        let openUntil = reply[8].integer ?? 0
        self.init(
            name: name, members: members, concurrency: countable(reply[2]), lanes: reply[3].integer ?? 0,
            rateUsed: countable(reply[4]), rateAllowance: countable(reply[5]), nextPlace: wait(reply[6]),
            breaker: reply[7].string.flatMap(BreakerState.init(rawValue:)), openUntil: openUntil > 0 ? openUntil : nil)
    }
}

/// The number; nil if it is negative, which means none.
private func countable(_ reply: RedisValue?) -> Int? { reply?.integer.flatMap { $0 < 0 ? nil : $0 } }

private func wait(_ reply: RedisValue?) -> Duration? { countable(reply).map { .milliseconds($0) } }
