package import Hiredis
package import SluiceCore

/// Takes the facts of a queue that are due, to carry them: `outbox.relay`. They are given out again after a while unless they are
/// acknowledged.
package struct TakeOutbox: StoreFunction {
    package static let name = "relay"

    package struct Reply: Sendable {
        /// The server's time in ms since 1970.
        package var now: Int
        package var facts: [Fact]
        /// Whether more is due.
        package var hasMore: Bool
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 3, let now = reply[0].integer, let more = reply[2].integer else { throw malformed(Self.name) }
        return Reply(now: now, facts: Fact.list(reply[1]), hasMore: more == 1)
    }
}
