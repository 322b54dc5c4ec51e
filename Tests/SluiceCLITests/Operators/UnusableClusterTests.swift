import Foundation
import SluiceCore
import SluiceTesting
import TestSupport
import Testing

/// Every way in which a cluster cannot be used: one line that says what and what to do, status 3, nothing on standard output.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct UnusableClusterTests {
    private func expectRefusal(
        _ result: Tool.Result, saying words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 3, sourceLocation: sourceLocation)
        #expect(result.output == "", sourceLocation: sourceLocation)
        #expect(result.error.hasPrefix("sluice: "), sourceLocation: sourceLocation)
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)", sourceLocation: sourceLocation)
        for word in words { #expect(result.error.contains(word), "\(result.error)", sourceLocation: sourceLocation) }
    }

    @Test func allSeedsAreDead() async throws {
        let result = try await Tool.run(["--redis", "redis+cluster://127.0.0.1:1,127.0.0.1:2", "status"])
        expectRefusal(result, saying: "no node of the Redis Cluster answers", "127.0.0.1:1", "127.0.0.1:2")
    }

    @Test func aSeedIsNoCluster() async throws {
        let server = try await RedisTestServer.start(.init(tcp: true))
        let port = try #require(server.tcpPort)
        let result = try await Tool.run(["--redis", "redis+cluster://127.0.0.1:\(port)", "status"])
        expectRefusal(result, saying: "127.0.0.1:\(port) is no Redis Cluster", "redis://")
        #expect(!result.error.contains("password"), "\(result.error)")
    }

    /// The other way round: calls of one node say MOVED.
    @Test func aClusterIsTakenForOneServer() async throws {
        let cluster = try await ClusterFixture(primaries: 2, replicas: 0)
        // Of the two, one does not have the queue.
        var errors: [String] = []
        for address in cluster.addresses {
            let url = "redis://:\(cluster.password)@\(address)"
            let result = try await Tool.run(["--redis", url, "enqueue", "mail", "--args", "{}"])
            if result.status != 0 { errors.append(result.error) }
        }
        #expect(!errors.isEmpty)
        for error in errors { #expect(error.contains("redis+cluster://"), "\(error)") }
    }

    @Test func slotsHaveNoPrimary() async throws {
        let cluster = try await ClusterFixture(primaries: 3, replicas: 0)
        let dead = try await cluster.primary(of: "mail")
        #expect(try await Tool.run(["--redis", cluster.url, "enqueue", "mail", "--args", "{}"]).status == 0)
        try await cluster.kill(dead)
        let result = try await Tool.run(["--redis", cluster.url, "enqueue", "mail", "--args", "{}"])
        #expect(result.status == 3)
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
        let doctor = try await Tool.run(["--redis", cluster.url, "doctor"])
        #expect(doctor.status == 1)
        // The queue's slot, 4,247, is one of the first primary's 5,461.
        #expect(doctor.output.contains("slots (0-5460) have no primary that answers"), "\(doctor.output)")
        #expect(doctor.output.contains("cure: start the nodes that had them"), "\(doctor.output)")
        #expect(doctor.output.contains("node \(dead): this primary cannot be asked"), "\(doctor.output)")
    }

    @Test func oneSpeaksTLSAndTheOtherDoesNot() async throws {
        let cluster = try await ClusterFixture(primaries: 1, replicas: 0)
        let url = cluster.url.replacing("redis+cluster://", with: "rediss+cluster://")
        expectRefusal(try await Tool.run(["--redis", url, "status"]), saying: "TLS")
    }

    @Test func theLibraryIsMissingAndMayNotBeLoaded() async throws {
        let cluster = try await ClusterFixture(
            primaries: 2, replicas: 0, configuration: ["user looker on >secret ~* &* +@all -function"])
        let url = cluster.url.replacing(":\(cluster.password)@", with: "looker:secret@")
        let result = try await Tool.run(["--redis", url, "enqueue", "mail", "--args", "{}"])
        expectRefusal(result, saying: "library load")
    }

    /// As behind a translation of addresses: the seed answers, and names a host that this machine does not find.
    @Test func anAnnouncedAddressCannotBeReached() async throws {
        let cluster = try await ClusterFixture(
            primaries: 1, replicas: 0,
            configuration: ["cluster-announce-hostname no-such-host.invalid", "cluster-preferred-endpoint-type hostname"])
        let result = try await Tool.run(["--redis", cluster.url, "enqueue", "mail", "--args", "{}"])
        expectRefusal(result, saying: "no-such-host.invalid", "cluster-announce-hostname")
    }
}
