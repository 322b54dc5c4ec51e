import Hiredis
import SluiceCore
import SluiceTesting
import Testing

/// What a shared cluster does for the tests that run on it; the library's own calls are not asked.
@Suite(.timeLimit(.minutes(10)))
struct ClusterServerTests {
    private static let server = Task {
        let server = try await RedisTestServer.startCluster()
        try await server.useVirtualClock()
        return server
    }

    /// Queues of one namespace lie on all primaries, and go by one clock. Red if the clock were a key: it would lie on one node.
    @Test func everyPrimaryHasTheVirtualClock() async throws {
        let server = try await Self.server.value
        let namespace = try Namespace("clock")
        try await server.setClock(of: namespace, microseconds: 1_800_000_000_000_000)
        #expect(try await server.clock(of: namespace) == 1_800_000_000_000_000)
        // Slots 3,300, 7,365 and 12,182: one of each primary.
        for queue in ["b", "c", "foo"] {
            let status = try await server.send(["FCALL_RO", "sluice1_status", "1", "clock:{\(queue)}"]).root.dictionary
            #expect(status["now"]?.string == "1800000000000", "\(queue)")
        }
        let other = try await server.send(["FCALL_RO", "sluice1_status", "1", "other:{foo}"]).root.dictionary
        #expect(other["now"]?.string != "1800000000000")
    }

    @Test func commandsReachTheNodeOfTheirKey() async throws {
        let server = try await Self.server.value
        for key in ["{b}1", "{c}1", "{foo}1"] {
            _ = try await server.send(RedisCommand(["SET", key, key]))
            #expect(try await server.cli("GET", key) == key)
        }
        let sizes = try await server.sendToAll(["DBSIZE"]).compactMap(\.root.integer)
        #expect(sizes.count == 3 && sizes.allSatisfy { $0 > 0 })
    }
}
