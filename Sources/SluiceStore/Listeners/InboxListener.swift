import Hiredis
import Logging
import NIOCore
package import SluiceCore
import Synchronization

/// Waits for messages in a client's inboxes, which can be in any number of queues. It has connections of its own, because a
/// blocking command blocks its connection: one to a server, and in a cluster one for each slot, as far as the process may have
/// them.
package final class InboxListener: Sendable {
    /// Messages of one inbox.
    package struct Mail: Sendable, Hashable {
        package var inbox: String
        package var entries: [String]
    }

    package enum News: Sendable, Hashable {
        case mail(Mail)
        /// Messages of these inboxes may be lost, so ask again for what is awaited there.
        case lost([String])
    }

    private enum Connections {
        case server(RedisClient)
        case cluster(SlotListener<InboxKind>)
    }

    /// A primary that takes over may not know what a client waits for, which it is told again within this time.
    private static let renewal = Duration.seconds(30)

    private let connections: Connections
    private let renewed = Mutex(ContinuousClock.now)

    init(_ router: RedisRouter, _ configuration: RedisConfiguration, on eventLoop: any EventLoop, logger: Logger) {
        connections =
            router.isCluster
            ? .cluster(SlotListener(InboxKind(), router, on: eventLoop, logger: logger))
            : .server(RedisClient(configuration, eventLoop: eventLoop, logger: logger))
    }

    /// Takes the messages of one of the inboxes, at most 1,000 at once, or nil if none comes in time, or after ``interrupt()``.
    /// Messages taken by a call that fails are lost, so ask again for everything that is awaited. In a cluster the failures of
    /// some slots are news, and the call fails only once the listener is closed.
    package func next(at inboxes: [String], within limit: Duration) async throws(SluiceError) -> News? {
        do {
            switch connections {
            case .server(let client):
                let reply = try await client.sendBlocking(InboxKind().blocking(inboxes, for: limit), blockFor: limit)
                return InboxKind().items(reply.root).first.map(News.mail)
            case .cluster(let listener):
                if mustRenew() { return .lost(inboxes) }
                return try await next(listener, at: inboxes, within: limit)
            }
        } catch {
            throw SluiceError(error)
        }
    }

    private func next(
        _ listener: SlotListener<InboxKind>, at inboxes: [String], within limit: Duration
    ) async throws(RedisError) -> News? {
        let slots = Dictionary(grouping: inboxes, by: HashSlot.of)
        let questions = slots.keys.sorted().map { SlotQuestion(slot: $0, words: slots[$0] ?? []) }
        switch try await listener.next(questions, within: limit) {
        case .item(let mail)?: return .mail(mail)
        case .failure(let inboxes, _)?: return .lost(inboxes)
        case nil: return nil
        }
    }

    private func mustRenew() -> Bool {
        renewed.withLock { renewed in
            if ContinuousClock.now - renewed < Self.renewal { return false }
            renewed = .now
            return true
        }
    }

    /// Ends the wait, without a message, so that the next call includes other inboxes. Returns false on a single server, where
    /// only a message does: ``Store/interruptListener(at:)``.
    package func interrupt() async -> Bool {
        guard case .cluster(let listener) = connections else { return false }
        await listener.interrupt()
        return true
    }

    package func close() async {
        switch connections {
        case .server(let client): await client.close()
        case .cluster(let listener): await listener.close()
        }
    }
}

/// Inboxes of a client in several slots.
struct InboxKind: SlotKind {
    static var isInbox: Bool { true }

    func blocking(_ words: [String], for limit: Duration) -> RedisCommand {
        var command: RedisCommand = ["BLMPOP", "\(max(limit.seconds, 0.05))", "\(words.count)"]
        for inbox in words { command.append(inbox) }
        for word in ["LEFT", "COUNT", "1000"] { command.append(word) }
        return command
    }

    func items(_ reply: RedisValue) -> [InboxListener.Mail] {
        reply[0].string.map { [InboxListener.Mail(inbox: $0, entries: reply[1].elements.map { $0.string ?? "" })] } ?? []
    }

    func asking(_ words: [String]) -> [RedisCommand] { words.map { ["LPOP", $0, "1000"] } }

    func items(_ reply: RedisValue, of command: Int, _ words: [String]) -> [InboxListener.Mail] {
        if reply.isNull { return [] }
        return [InboxListener.Mail(inbox: words[command], entries: reply.elements.map { $0.string ?? "" })]
    }

    /// A list that is wanted no more is only this client's, so nothing is taken from others.
    static func mustEnd(_ present: [String], _ wanted: [String]) -> Bool { !Set(wanted).isSubset(of: present) }

    func ending(_ words: [String]) -> [RedisCommand]? { InboxKind.interruption(words[0]) }

    /// An empty message.
    static func interruption(_ inbox: String) -> [RedisCommand] { [["RPUSH", inbox, "-"], ["PEXPIRE", inbox, "60000"]] }
}

extension Store {
    /// A listener for a client's inboxes, with connections of its own.
    package func inboxListener() -> InboxListener { InboxListener(router, configuration, on: eventLoop, logger: logger) }

    /// Ends the wait of a client's own listener with an empty message.
    package func interruptListener(at inbox: String) async throws(SluiceError) {
        _ = try await pipeline(InboxKind.interruption(inbox), key: inbox)
    }
}
