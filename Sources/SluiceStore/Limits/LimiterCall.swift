package import Hiredis
package import SluiceCore

/// Reserves a place in time: `lua/limits/limiter.lua`.
package struct TakePlace: StoreFunction {
    package static let name = "limiter"

    package enum Reply: Sendable, Hashable {
        /// The place is taken, and comes after this long.
        case taken(Duration)
        /// Nothing was taken: the first place comes after this long, which is beyond the patience.
        case refused(Duration)
    }

    package var id: String
    package var allowance: Int
    package var period: Duration
    /// By how much the window is wider than the period.
    package var margin: Duration
    /// Nil for as long as it takes.
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
        // Rounded down, so that no wait is longer than was allowed.
        command.append(patience.map { max(($0 - .microseconds(999)).milliseconds, 0) } ?? -1)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard let isTaken = reply[0].integer, let wait = reply[1].integer else { throw malformed(Self.name) }
        return isTaken == 1 ? .taken(.microseconds(wait)) : .refused(.microseconds(wait))
    }
}

/// Gives a place back that is still to come: `lua/limits/limiter.lua`.
package struct ReturnPlace: StoreFunction {
    package static let name = "limiter_return"
    package var id: String

    package init(id: String) { self.id = id }

    package func write(into command: inout RedisCommand) { command.append(id) }

    /// Whether there was one.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}

extension Store {
    /// Reserves a place of a rate limiter.
    package func call(_ take: TakePlace, limiter: String) async throws(SluiceError) -> TakePlace.Reply {
        try await call(take, key: keys.limiter(limiter))
    }

    /// Gives a place of a rate limiter back.
    package func call(_ giveBack: ReturnPlace, limiter: String) async throws(SluiceError) -> Bool {
        try await call(giveBack, key: keys.limiter(limiter))
    }
}
