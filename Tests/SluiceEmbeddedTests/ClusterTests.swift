import Foundation
import Subprocess
import Testing

@testable import SluiceEmbedded

@Suite(.timeLimit(.minutes(10)))
struct ClusterTests {
    @Test func itIsOneClusterThatOutlivesAStop() async throws {
        try await withHome { home in
            let cluster = EmbeddedCluster(home: home)
            #expect(try await cluster.status() == .notRunning)
            #expect(try cluster.url() == nil)
            let url = try await cluster.start()
            // Another process finds it running, and does not make another one.
            #expect(try await EmbeddedCluster(home: home).start() == url)
            guard case .running(let nodes) = try await cluster.status() else {
                Issue.record("not running")
                return
            }
            #expect(nodes.map(\.role) == [.primary, .primary, .primary, .replica, .replica, .replica])
            #expect(nodes.map(\.slots) == [["0-5460"], ["5461-10921"], ["10922-16383"], [], [], []])
            #expect(nodes[3...].map(\.primary) == nodes[..<3].map(\.address))
            #expect(url.hasPrefix("redis+cluster://:"))
            for node in nodes { #expect(url.contains(node.address)) }
            let plan = try #require(try cluster.readPlan())
            let servers = cluster.servers(of: plan)
            // Slot 12182, which the third primary has.
            #expect(try await servers[2].probe.ask("SET foo kept") == .reply("OK"))
            #expect(try await cluster.stop())
            #expect(try await cluster.status() == .notRunning)
            #expect(try await !cluster.stop())
            #expect(try await cluster.start() == url)
            var kept = false
            for server in servers { kept = try await server.probe.ask("GET foo") == .reply("kept") || kept }
            #expect(kept)
            #expect(try await cluster.stop())
        }
    }

    /// The ports can be reached by everyone on this machine; the files cannot.
    @Test func onlyItsUserGetsIn() async throws {
        try await withHome { home in
            let cluster = EmbeddedCluster(home: home, primaries: 1, replicas: 1)
            _ = try await cluster.start()
            let plan = try #require(try cluster.readPlan())
            let stranger = try await runCommand("redis-cli", ["-p", "\(plan.nodes[0].port)", "PING"])
            #expect(stranger.contains("NOAUTH"))
            #expect(try mode(cluster.home) == 0o700)
            #expect(try mode(cluster.home + "/1") == 0o700)
            #expect(try mode(cluster.home + "/cluster.json") == 0o600)
            // Without their password replicas would not get in either.
            #expect(try await cluster.status().isWhole)
            #expect(try await cluster.stop())
        }
    }

    @Test func aDeadNodeIsSeenAndStartedAgain() async throws {
        try await withHome { home in
            let cluster = EmbeddedCluster(home: home, primaries: 3, replicas: 0)
            let url = try await cluster.start()
            let server = cluster.servers(of: try #require(try cluster.readPlan()))[1]
            #expect(kill(server.recordedProcessID, SIGKILL) == 0)
            try await eventually {
                guard case .running(let nodes) = try await cluster.status() else { return false }
                return nodes[1].state == .down && nodes[0].state == .incomplete
            }
            #expect(try await cluster.start() == url)
            #expect(try await cluster.status().isWhole)
            #expect(try await cluster.stop())
        }
    }

    @Test func aThrowawayClusterEndsWithItsOwner() async throws {
        var cluster: PrivateCluster? = try await PrivateCluster()
        let directories = try #require(cluster?.nodes.map(\.directory))
        #expect(directories.count == 6)
        let view = try #require(try await cluster?.view())
        #expect(view.isWhole)
        #expect(view.nodes.reduce(0) { $0 + $1.slotCount } == ClusterPlan.slots)
        cluster = nil
        try await eventually { !directories.contains { FileManager.default.fileExists(atPath: $0) } }
    }

    @Test func aViewIsReadFromTheTextsOfRedis() throws {
        let text = """
            07c3 127.0.0.1:30004@31004,host slave e7d1 0 1426238317239 4 connected
            67ed 127.0.0.1:30002@31002 master,fail - 0 1426238316232 2 disconnected 5461-10922
            e7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460 7000 [93->-67ed] [77-<-67ed]
            vars currentEpoch 3 lastVoteEpoch 0
            """
        let view = ClusterView(info: "cluster_enabled:1\r\ncluster_state:fail\r\n", nodes: text)
        #expect(!view.isWhole)
        #expect(view.nodes.map(\.address) == ["127.0.0.1:30004", "127.0.0.1:30002", "127.0.0.1:30001"])
        #expect(view.nodes.map(\.role) == [.replica, .primary, .primary])
        #expect(view.nodes.map(\.hasFailed) == [false, true, false])
        #expect(view.nodes[0].primary == "e7d1")
        #expect(view.nodes[2].slots == ["0-5460", "7000"])
        #expect(view.nodes[2].slotCount == 5462)
        #expect(view.nodes[2].moving == ["[93->-67ed]", "[77-<-67ed]"])
    }
}
