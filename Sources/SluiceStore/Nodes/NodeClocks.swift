import Hiredis
import SluiceCore
import Synchronization

/// How far the clocks of a cluster's nodes are ahead of this process's own, which never jumps.
final class NodeClocks: Sendable {
    private struct Reading {
        /// In ms.
        var ahead: Int
        var at: ContinuousClock.Instant
    }

    /// How long a reading holds.
    private static let validity = Duration.seconds(30)

    private let origin = ContinuousClock.now
    private let readings = Mutex<[RedisEndpoint: Reading]>([:])

    /// The distance of a node, from a reading of a moment ago if there is one. It is exact but for half a round trip.
    func ahead(
        _ node: RedisEndpoint, _ read: () async throws(SluiceError) -> Int
    ) async throws(SluiceError) -> Int {
        let now = ContinuousClock.now
        if let found = readings.withLock({ $0[node] }), now - found.at < Self.validity { return found.ahead }
        let time = try await read()
        let middle = (now - origin + (.now - origin)) / 2
        let ahead = time - middle.milliseconds
        readings.withLock { readings in
            // Addresses may be gone for good.
            readings = readings.filter { now - $0.value.at < Self.validity }
            readings[node] = Reading(ahead: ahead, at: now)
        }
        return ahead
    }
}

extension Store {
    /// A moment by the clock of one key's node, in ms since 1970, by the clock of another's. The same on a single server.
    func moment(_ time: Int, of key: String, for other: String) async throws(SluiceError) -> Int {
        if !router.isCluster { return time }
        return try await time + ahead(other) - ahead(key)
    }

    private func ahead(_ key: String) async throws(SluiceError) -> Int {
        let node: RedisEndpoint
        do {
            node = try await router.node(forKey: key)
        } catch {
            throw SluiceError(error)
        }
        return try await clocks.ahead(node) { () async throws(SluiceError) in
            try time(try await send(["TIME"], node: node).root)
        }
    }
}
