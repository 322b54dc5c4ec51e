package import Hiredis
package import SluiceCore

/// Reserves a place of a rate limiter: `lua/limits/limiter.lua`.
package struct TakePlace: StoreFunction {
    package static let name = "limiter"

    package enum Reply: Sendable, Hashable {
        /// The place is reserved, and starts after this time.
        case taken(Duration)
        /// Nothing is reserved: the first free place starts after this time, which exceeds the patience.
        case refused(Duration)
    }

    package var id: String
    package var allowance: Int
    package var period: Duration
    /// The time by which the window exceeds the period.
    package var margin: Duration
    /// The longest wait; nil for no bound.
    package var patience: Duration?

    package init(id: String, allowance: Int, period: Duration, margin: Duration, patience: Duration?) {
        self.id = id
        self.allowance = allowance
        self.period = period
        self.margin = margin
        self.patience = patience
    }

    package func write(into command: inout RedisCommand) {
        command.append(id)
        command.append(allowance)
        command.append(period.milliseconds)
        command.append(margin.milliseconds)
        // Rounded down, so that no wait exceeds the patience.
        command.append(patience.map { max(($0 - .microseconds(999)).milliseconds, 0) } ?? -1)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let isTaken = reply[0].integer, let wait = reply[1].integer else { throw malformed(Self.name) }
        return isTaken == 1 ? .taken(.microseconds(wait)) : .refused(.microseconds(wait))
    }
}

/// Returns a reserved place that has not started: `lua/limits/limiter.lua`.
package struct ReturnPlace: StoreFunction {
    package static let name = "limiter_return"
    package var id: String

    package init(id: String) { self.id = id }

    package func write(into command: inout RedisCommand) { command.append(id) }

    /// Whether there was such a place.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

extension Store {
    /// Reserves a place of a rate limiter.
    package func call(_ take: TakePlace, limiter: String) async throws(SluiceError) -> TakePlace.Reply {
        try await call(take, key: keys.limiter(limiter))
    }

    /// Returns a place of a rate limiter.
    package func call(_ giveBack: ReturnPlace, limiter: String) async throws(SluiceError) -> Bool {
        try await call(giveBack, key: keys.limiter(limiter))
    }
}
