import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for messages in a client's inboxes, which can be in any number of queues. It has a connection of its own, because a
/// blocking command blocks its connection.
package final class InboxListener: Sendable {
    /// Messages of one inbox.
    package struct Mail: Sendable, Hashable {
        package var inbox: String
        package var entries: [String]
    }

    private let client: RedisClient

    init(_ configuration: RedisConfiguration, on eventLoop: any EventLoop, logger: Logger) {
        self.client = RedisClient(configuration, eventLoop: eventLoop, logger: logger)
    }

    /// Takes the messages of one of the inboxes, at most 1,000 at once, or nil if none comes in time. Messages taken by a call
    /// that fails are lost, so ask again for everything that is awaited.
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
    /// A listener for a client's inboxes, with a connection of its own.
    package func inboxListener() -> InboxListener { InboxListener(configuration, on: eventLoop, logger: logger) }

    /// Ends the wait of a client's own listener with an empty message.
    package func interruptListener(at inbox: String) async throws(SluiceError) {
        _ = try await pipeline([["RPUSH", inbox, "-"], ["PEXPIRE", inbox, "60000"]])
    }
}
