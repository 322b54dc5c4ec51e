package import Hiredis
package import SluiceCore

/// The limits of a queue and how much of them is taken: `lua/limits/limits_list.lua`. Of all its busy gates, or of one.
package struct Limits: StoreFunction {
    package static let name = "limits"
    package static let isReadOnly = true

    package struct Overridden: Sendable, Hashable {
        package var limit: Limit
        /// When it ends, in ms since 1970; nil for no end.
        package var until: Int?
    }

    /// One gate. What is nil does not apply to it.
    package struct Gate: Sendable, Hashable {
        package var name: String
        /// Jobs that hold a place.
        package var members: Int
        package var concurrency: Int?
        /// Lanes parked there.
        package var lanes: Int
        package var rateUsed: Int?
        package var rateAllowance: Int?
        /// After how long the rate has a place again.
        package var nextPlace: Duration?
        package var breaker: BreakerState?
        /// In ms since 1970.
        package var openUntil: Int?
    }

    package struct Reply: Sendable {
        /// Of the declaration that stands.
        package var deploy: Int
        /// Rises whenever a worker declares something else than what stands.
        package var declaredVersion: Int
        package var declared: [Limit]
        package var overrides: [Overridden]
        /// What counts now, of dimensions.
        package var effective: [Limit]
        /// The server's time in ms since 1970.
        package var now: Int
        /// Jobs of the queue that run.
        package var running: Int
        /// After how long the queue's own rate has a place again; nil without one.
        package var nextPlace: Duration?
        /// Whether a limit that was added or removed is still being worked in.
        package var isMigrating: Bool
        /// The busiest first.
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
        let flat = texts(reply)
        return stride(from: 0, to: flat.count - flat.count % 2, by: 2).map { Limit(name: flat[$0], value: flat[$0 + 1]) }
    }

    private func overrides(_ reply: RedisValue?) -> [Overridden] {
        let flat = texts(reply)
        return stride(from: 0, to: flat.count - flat.count % 3, by: 3).map { at in
            let until = Int(flat[at + 2]) ?? 0
            return Overridden(limit: Limit(name: flat[at], value: flat[at + 1]), until: until > 0 ? until : nil)
        }
    }

    private func texts(_ reply: RedisValue?) -> [String] {
        reply?.elements.map { $0.string ?? $0.integer.map(String.init) ?? "" } ?? []
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

/// A number of which a negative one means that there is none.
private func countable(_ reply: RedisValue?) -> Int? { reply?.integer.flatMap { $0 < 0 ? nil : $0 } }

private func wait(_ reply: RedisValue?) -> Duration? { countable(reply).map { .milliseconds($0) } }
