package import Hiredis
package import SluiceCore

/// Takes the due messages of a queue to relay them: `outbox.relay`. Messages that are not acknowledged are handed out again after a
/// while.
package struct TakeOutbox: StoreFunction {
    package static let name = "relay"

    package struct Reply: Sendable {
        /// The server's time in ms since 1970.
        package var now: Int
        package var messages: [OutboxMessage]
        /// Whether more messages are due.
        package var hasMore: Bool
    }

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 3, let now = reply[0].integer, let more = reply[2].integer else { throw malformed(Self.name) }
        return Reply(now: now, messages: OutboxMessage.list(reply[1]), hasMore: more == 1)
    }
}
