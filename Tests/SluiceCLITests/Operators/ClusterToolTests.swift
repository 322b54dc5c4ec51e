import Foundation
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceCLI
@testable import SluiceEmbedded

@Suite(.serialized, .timeLimit(.minutes(10)))
struct ClusterToolTests {
    private struct Started: Decodable {
        var url: String
        var directory: String
    }

    private struct Status: Decodable {
        struct Node: Decodable {
            var node: String
            var role: String?
            var slots: [String]
            var state: String
        }
        var running: Bool
        var nodes: [Node]?
    }

    @Test func aPrivateClusterIsStartedShownAndStopped() async throws {
        let directory = try PrivateRedis.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let home = ["SLUICE_HOME": directory]
        func tool(_ words: String...) async throws -> Tool.Result { try await Tool.run(words, environment: home) }
        let before = try await tool("redis", "cluster", "status")
        #expect((before.status, before.output) == (1, "not running\n"))
        let started = try await tool("redis", "cluster", "start", "--json").decoded(Started.self)
        #expect(started.directory == directory + "/cluster")
        let status = try await tool("redis", "cluster", "status", "--json").decoded(Status.self)
        #expect(status.running)
        #expect(status.nodes?.compactMap(\.role).count { $0 == "primary" } == 3)
        #expect(status.nodes?.allSatisfy { $0.state == "ok" && started.url.contains($0.node) } == true)
        let shown = try await tool("redis", "cluster", "status").output
        #expect(shown.hasPrefix("NODE"))
        #expect(shown.contains("0-5460") && shown.contains("those of 127.0.0.1:"))
        #expect(try await tool("redis", "cluster", "stop").output == "stopped\n")
        #expect(try await tool("redis", "cluster", "stop").output == "it was not running\n")
    }

    private struct QueueLine: Decodable {
        var queue: String
        var node: String?
    }

    @Test func statusShowsWhichNodeHasWhichQueue() async throws {
        let cluster = try await ClusterFixture(replicas: 0)
        for queue in ["b", "c", "foo"] {
            #expect(try await Tool.run(["--redis", cluster.url, "enqueue", queue, "--args", "{}"]).status == 0)
        }
        let lines = try await Tool.run(["--redis", cluster.url, "status", "--json"]).decoded([QueueLine].self)
        // Their slots lie on the three primaries, in this order.
        #expect(lines.map(\.queue) == ["b", "c", "foo"])
        #expect(lines.map(\.node) == cluster.addresses)
        let table = try await Tool.run(["--redis", cluster.url, "status"]).output
        #expect(table.contains("NODE"))
        for address in cluster.addresses { #expect(table.contains(address)) }
        #expect(try await Tool.run(["--redis", cluster.url, "status", "b"]).output.contains("on node \(cluster.addresses[0])"))
        // One server has no such column.
        let server = try await RedisTestServer.start()
        let single = try await Tool(server: server)
        #expect(try await single.run("enqueue", "b", "--args", "{}").status == 0)
        #expect(try await !single.run("status").output.contains("NODE"))
    }

    /// Red if the diagnosis looked at one node only, or did not wait to see whether keys move.
    @Test func doctorLooksAtEveryNode() async throws {
        let cluster = try await ClusterFixture(replicas: 3)
        let tool = { (words: [String]) in try await Tool.run(["--redis", cluster.url] + words) }
        #expect(try await tool(["library", "load"]).status == 0)
        let healthy = try await tool(["doctor"])
        #expect(healthy.status == 0, "\(healthy.output)")
        #expect(healthy.output.contains("cluster: 3 primaries, 3 replicas"), "\(healthy.output)")
        for address in cluster.addresses { #expect(healthy.output.contains("node \(address): Redis"), "\(healthy.output)") }
        #expect(try await tool(["enqueue", "foo", "--args", "{}"]).status == 0)
        try await cluster.send(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"], to: cluster.addresses[1])
        try await cluster.send(["FUNCTION", "FLUSH"], to: cluster.addresses[0])
        let move = try await cluster.beginMove(of: try await cluster.slot(of: "{foo}"), to: cluster.addresses[0])
        let ill = try await tool(["doctor"]).output
        #expect(ill.contains("node \(cluster.addresses[1]): maxmemory-policy is allkeys-lru"), "\(ill)")
        #expect(ill.contains("\(cluster.addresses[0]) does not have the function library"), "\(ill)")
        #expect(ill.contains("slot 12182 with queue foo is between two nodes"), "\(ill)")
        #expect(ill.contains("unseen   queue foo: all of it: its slot is between two nodes"), "\(ill)")
        try await cluster.moveKeys(move)
        try await cluster.endMove(move)
    }

    @Test func theDemoKillsAPrimaryAsWell() async throws {
        let result = try await Tool.run(["demo", "--cluster", "--files", "200", "--json"])
        #expect(result.status == 0, "\(result.error)")
        struct Report: Decodable {
            var missing: Int
            var wrong: Int
            var killed: Int
            var primaries_killed: Int?
            var audit: String
        }
        let report = try result.decoded(Report.self)
        #expect(report.missing == 0 && report.wrong == 0 && report.killed == 1)
        #expect(report.primaries_killed == 1)
        #expect(report.audit == "clean")
    }
}
