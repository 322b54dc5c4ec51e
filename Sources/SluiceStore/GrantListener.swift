import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for permits that others gave back, for all semaphores that a client waits at, on a connection of its own, because a
/// blocking command holds its connection up.
package final class GrantListener: Sendable {
    /// What a client's waiters at one semaphore were given.
    package struct Grants: Sendable, Hashable {
        package var semaphore: String
        package var fences: [PermitID: Fence]
    }

    private let client: RedisClient
    private let keys: Keys
    private let id: String

    init(_ configuration: RedisConfiguration, keys: Keys, id: String, on eventLoop: any EventLoop, logger: Logger) {
        self.client = RedisClient(configuration, eventLoop: eventLoop, logger: logger)
        self.keys = keys
        self.id = id
    }

    /// Takes what was granted at one of the semaphores, at most 1,000 at once, or nil if nothing is in time. What was taken when
    /// this fails is lost, so ask for each waiter then.
    package func next(at semaphores: [String], within limit: Duration) async throws(SluiceError) -> Grants? {
        var names: [String: String] = [:]
        var command: RedisCommand = ["BLMPOP", "\(max(limit.seconds, 0.05))", "\(semaphores.count)"]
        for name in semaphores {
            names[keys.grants(name, client: id)] = name
            command.append(keys.grants(name, client: id))
        }
        for word in ["LEFT", "COUNT", "1000"] { command.append(word) }
        do {
            let reply = try await client.sendBlocking(command, blockFor: limit).root
            guard let name = reply[0].string.flatMap({ names[$0] }) else { return nil }
            return Grants(semaphore: name, fences: Self.fences(reply[1]))
        } catch {
            throw SluiceError(error)
        }
    }

    private static func fences(_ entries: RedisValue) -> [PermitID: Fence] {
        var fences: [PermitID: Fence] = [:]
        for entry in entries.elements {
            let words = (entry.string ?? "").split(separator: " ")
            guard words.count == 2, let number = UInt64(words[1]) else { continue }
            fences[PermitID(String(words[0]))] = Fence(number)
        }
        return fences
    }

    package func close() async { await client.close() }
}

extension Store {
    /// A connection of its own on which a client hears of its permits.
    package func grantListener(client: String) -> GrantListener {
        GrantListener(configuration, keys: keys, id: client, on: eventLoop, logger: logger)
    }

    /// Ends the wait of a client's own listener with an entry that grants nothing.
    package func interruptListener(of client: String, at semaphore: String) async throws(SluiceError) {
        let key = keys.grants(semaphore, client: client)
        _ = try await pipeline([["RPUSH", key, "-"], ["PEXPIRE", key, "60000"]])
    }
}
