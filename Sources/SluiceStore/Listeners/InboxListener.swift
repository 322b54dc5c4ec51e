import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for what a client is told, on lists of its own at any number of places, on a connection of its own, because a blocking
/// command holds its connection up.
package final class InboxListener: Sendable {
    /// What one list had.
    package struct Mail: Sendable, Hashable {
        package var inbox: String
        package var entries: [String]
    }

    private let client: RedisClient

    init(_ configuration: RedisConfiguration, on eventLoop: any EventLoop, logger: Logger) {
        self.client = RedisClient(configuration, eventLoop: eventLoop, logger: logger)
    }

    /// Takes what is in one of the lists, at most 1,000 entries at once, or nil if nothing is in time. What was taken when this
    /// fails is lost, so ask for everything that is waited for then.
    package func next(at inboxes: [String], within limit: Duration) async throws(SluiceError) -> Mail? {
        var command: RedisCommand = ["BLMPOP", "\(max(limit.seconds, 0.05))", "\(inboxes.count)"]
        for inbox in inboxes { command.append(inbox) }
        for word in ["LEFT", "COUNT", "1000"] { command.append(word) }
        do {
            let reply = try await client.sendBlocking(command, blockFor: limit).root
            guard let inbox = reply[0].string else { return nil }
            return Mail(inbox: inbox, entries: reply[1].elements.map { $0.string ?? "" })
        } catch {
            throw SluiceError(error)
        }
    }

    package func close() async { await client.close() }
}

extension Store {
    /// A connection of its own on which a client is told things.
    package func inboxListener() -> InboxListener { InboxListener(configuration, on: eventLoop, logger: logger) }

    /// Ends the wait of a client's own listener with an entry that says nothing.
    package func interruptListener(at inbox: String) async throws(SluiceError) {
        _ = try await pipeline([["RPUSH", inbox, "-"], ["PEXPIRE", inbox, "60000"]])
    }
}
