import Hiredis
import SluiceCore
import SluiceStore

/// What a program does with queues.
package enum QueueUse: Sendable {
    /// It only reads.
    case reads
    /// It also changes jobs and queues.
    case changes
    /// It also runs jobs, and so waits for them.
    case runs
}

/// Asks a server whether a program can work with it: the function library, and the rights of the user. It changes nothing.
struct RightsCheck: Sendable {
    var namespace: Namespace
    var queues: [QueueName]
    var use: QueueUse

    /// Asks.
    /// - Throws: ``Failure`` or `SluiceError` for the first thing that is wrong.
    func run(_ configuration: RedisConfiguration) async throws {
        let store = Store(configuration, namespace: namespace, logger: GlobalOptions.silent, loadsLibrary: false)
        do {
            try await examine(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func examine(_ store: Store) async throws {
        for queue in queues {
            var missing: [String] = []
            for probe in probes(store.keys.base(queue)) {
                if try await isForbidden(RedisCommand(probe), store, key: store.keys.base(queue)) { missing.append(probe[0]) }
            }
            if missing.isEmpty { continue }
            throw Failure(
                "the Redis user lacks the right to \(missing.joined(separator: ", ")) on the keys of '\(queue)' in namespace "
                    + "'\(namespace)': give it the rights that the article Security of Sluice lists", status: .noRedis)
        }
        for node in try await store.primaries() { try await examineLibrary(store, node) }
        await store.warnOfEviction()
    }

    /// Commands that Redis refuses for their arguments, and before that for a missing right.
    private func probes(_ key: String) -> [[String]] {
        let reading = [["FCALL_RO", "sluice_none", "1", key], ["LRANGE", key, "x", "x"]]
        if use == .reads { return reading }
        let changing = [
            ["FCALL", "sluice_none", "1", key], ["ZADD", key, "x", "x"], ["HINCRBY", key, "x", "x"],
            ["XADD", key, "x", "x", "x"], ["PEXPIRE", key, "x"],
        ]
        return reading + changing + (use == .runs ? [["BLPOP", key, "x"]] : [])
    }

    /// - Parameters:
    ///   - key: the key of the command; nil for a command without one.
    ///   - node: where a command without a key goes; nil for the server, or any primary of a cluster.
    private func isForbidden(
        _ command: RedisCommand, _ store: Store, key: String? = nil, node: RedisEndpoint? = nil
    ) async throws(SluiceError) -> Bool {
        do throws(SluiceError) {
            if let key { _ = try await store.send(command, key: key) } else { _ = try await store.send(command, node: node) }
        } catch {
            if error.code == .permission { return true }
            if error.code.category == .server { throw error }
        }
        return false
    }

    /// - Parameter node: a primary of a cluster; nil for the only server.
    private func examineLibrary(_ store: Store, _ node: RedisEndpoint?) async throws {
        let found: LibraryVersion?
        do {
            found = try await store.libraryVersion(node: node)
        } catch {
            guard error.message.contains("Function not found") else { throw error }
            found = nil
        }
        let place = node.map { "\($0)" } ?? "the server"
        if let found, found.isPinned || found.revision >= Store.ownRevision { return }
        // A text that is no library is refused after the rights were checked.
        if try await isForbidden(["FUNCTION", "LOAD", ""], store, node: node) {
            throw Failure(
                "the function library on \(place) is missing or old, and this user may not load it; an administrator can: "
                    + "sluice library load", status: .noRedis)
        }
        let revision = found.map { "has revision \($0.revision)" } ?? "is not there"
        Terminal.complain(
            "warning: the function library on \(place) \(revision): this program loads its revision \(Store.ownRevision) when it "
                + "starts")
    }
}
