import Foundation
import SluiceCore
import SluiceTesting
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// `sluice bench` with limits, in small.
@Suite(.timeLimit(.minutes(10)))
struct BenchToolTests {
    private struct Result: Decodable {
        struct Spread: Decodable { var calls: Int; var median: Double; var p99: Double; var longest: Double }
        var partitions: Int?
        var limits: [Int]?
        var drain_per_s: Double?
        var drain_per_s_ratio: Double?
        var redis_us_drain: Double?
        var redis_us_drain_ratio: Double?
        var worker_us_drain_ratio: Double?
        var task_us: Double?
        var single_1_per_s: Double?
        var purge_per_s: Double?
        var beside_purge_ms: Spread?
        var step_p50_ms: Double?
        var step_p99_ms: Double?
        var diamond_nodes_per_s: Double?
        var redis_us_node: Double?
        var redis_us_member: Double?
        var redis_us_plain: Double?
        var redis_us_unique_enqueue: Double?
        var redis_us_plain_enqueue: Double?
        var bytes_per_unique: Double?
        var webhooks_per_s: Double?
        var redis_us_webhook: Double?
        var hot_lanes: Int?
        var hot_cycle_us: Spread?
        var free_cycle_us: Spread?
        var parking_cycle_us: Spread?
        struct Polling: Decodable {
            struct Side: Decodable { var looks: Double; var mean_delay_ms: Double; var p95_delay_ms: Double }
            var tasks: String
            var interval_ms: Int
            var fixed: Side
            var adaptive: Side
        }
        var polling: [Polling]?
        struct Memory: Decodable { var process: String; var jobs: Int; var start: Double; var middle: Double; var end: Double }
        var memory: [Memory]?
        struct Forecast: Decodable { var left: Double; var backlog: Int; var took_s: Double; var text: [String] }
        var forecast: [Forecast]?
    }

    private func bench(_ arguments: String...) async throws -> Result {
        let result = try await Tool.run(["bench", "--json", "--concurrency", "50"] + arguments)
        #expect(result.status == 0, "\(result.error)")
        return try result.decoded(Result.self)
    }

    @Test func theDrainUnderLimits() async throws {
        let result = try await bench("--partitions", "5", "--limit", "2", "--limit", "3", "--jobs", "200")
        #expect(result.partitions == 5)
        #expect(result.limits == [2, 3])
        #expect((result.drain_per_s ?? 0) > 0)
        #expect((result.redis_us_drain ?? 0) > 0 && (result.redis_us_drain_ratio ?? 0) > 0)
        #expect((result.drain_per_s_ratio ?? 0) > 0 && result.worker_us_drain_ratio != nil && (result.task_us ?? 0) > 0)
        #expect(result.single_1_per_s == nil)
    }

    @Test func claimsBesideParkedLanes() async throws {
        let result = try await bench("--hot-lanes", "300", "--jobs", "1500")
        #expect(result.hot_lanes == 300)
        let hot = try #require(result.hot_cycle_us)
        #expect(hot.calls > 5)
        #expect(hot.median > 0 && hot.median <= hot.p99 && hot.p99 <= hot.longest)
        #expect((result.free_cycle_us?.calls ?? 0) > 5)
        #expect((result.parking_cycle_us?.calls ?? 0) > 0)
    }

    @Test func webHooks() async throws {
        let result = try await bench("--mode", "webhooks", "--jobs", "200")
        #expect((result.webhooks_per_s ?? 0) > 0)
        #expect((result.redis_us_webhook ?? 0) > 0)
        #expect(result.single_1_per_s == nil)
    }

    @Test func uniqueJobsBesidePlainOnes() async throws {
        let result = try await bench("--mode", "unique", "--jobs", "2000")
        #expect((result.redis_us_unique_enqueue ?? 0) > 0 && (result.redis_us_plain_enqueue ?? 0) > 0)
        #expect((result.bytes_per_unique ?? 0) > 0 && result.drain_per_s == nil)
    }

    @Test func enqueueingBesideAPurge() async throws {
        let result = try await bench("--mode", "bulk", "--jobs", "3000")
        #expect((result.purge_per_s ?? 0) > 0)
        let beside = try #require(result.beside_purge_ms)
        #expect(beside.calls > 0 && beside.median <= beside.p99 && beside.p99 <= beside.longest)
    }

    @Test func adaptivePollingBesideFixedIntervals() async throws {
        let polling = try #require(try await bench("--mode", "polling", "--jobs", "12").polling)
        #expect(Set(polling.map(\.tasks)) == ["log-normal", "bimodal"] && Set(polling.map(\.interval_ms)).count == 5)
        for side in polling.flatMap({ [$0.fixed, $0.adaptive] }) {
            #expect(side.looks >= 1 && side.mean_delay_ms > 0 && side.mean_delay_ms <= side.p95_delay_ms)
        }
    }

    @Test func memoryOfProcesses() async throws {
        let memory = try #require(try await bench("--mode", "memory", "--jobs", "1000").memory)
        #expect(
            memory.map(\.process) == ["client that enqueues", "worker with handlers", "exec worker", "webhook worker"])
        #expect(memory.map(\.jobs) == [1000, 1000, 40, 40])
        for one in memory { #expect(one.start > 1_000_000 && one.middle > 1_000_000 && one.end > 1_000_000) }
    }

    @Test func forecastsBesideWhatHappened() async throws {
        let rows = try #require(try await bench("--mode", "forecast", "--jobs", "300").forecast)
        #expect(rows.map(\.left) == [0.9, 0.7, 0.5, 0.3, 0.1])
        for row in rows { #expect(row.backlog <= 270 && row.took_s >= 0 && !row.text.isEmpty) }
    }

    @Test func workflowsAndBatches() async throws {
        let flows = try await bench("--mode", "workflow", "--jobs", "320")
        #expect((flows.step_p50_ms ?? 0) > 0 && flows.step_p50_ms ?? 0 <= flows.step_p99_ms ?? 0)
        #expect((flows.diamond_nodes_per_s ?? 0) > 0 && (flows.redis_us_node ?? 0) > 0)
        let batch = try await bench("--mode", "batch", "--jobs", "300")
        #expect((batch.redis_us_member ?? 0) > 0 && (batch.redis_us_plain ?? 0) > 0 && batch.drain_per_s == nil)
    }

    /// The wait for what it was to do would have no end.
    @Test func aProcessThatEndsEndsTheBenchmarkWithItsMessage() async throws {
        let workers = BenchWorkers(
            url: "redis://127.0.0.1:1", namespace: .standard, program: "/bin/sh",
            command: ["-c", "echo 'no secrets here' >&2; exit 2"])
        let failure = await #expect(throws: Failure.self) {
            try await workers.run(1) {
                while true {
                    try await workers.check()
                    await Task.yield()
                }
            }
        }
        #expect(failure?.message.contains("sh ended by itself") == true && failure?.message.contains("no secrets here") == true)
    }

    @Test func jobsAreSpreadEvenly() {
        let one = BenchLanes(partitions: 3, limits: [4])
        #expect(one.specs == ["concurrency=4/p"])
        #expect((0..<6).map { one.values(of: $0) } == ["0", "1", "2", "0", "1", "2"].map { ["p": $0] })
        let two = BenchLanes(partitions: 2, limits: [4, 5])
        #expect(two.specs == ["concurrency=4/p", "concurrency=5/q"])
        #expect(
            Set((0..<8).map { two.values(of: $0) }) == [
                ["p": "0", "q": "0"], ["p": "1", "q": "0"], ["p": "0", "q": "1"], ["p": "1", "q": "1"],
            ])
    }

    #if os(Linux)
        @Test func aPasswordIsInNoArguments() async throws {
            let options = RedisTestServer.Options(tcp: true, aclUsers: ["bench on >hush-hush ~* &* +@all"])
            let server = try await RedisTestServer.start(options)
            let port = try #require(server.tcpPort)
            let url = "redis://bench:hush-hush@127.0.0.1:\(port)"
            async let bench = Tool.run(
                ["bench", "--mode", "drain", "--jobs", "20000", "--concurrency", "50"], environment: ["SLUICE_REDIS_URL": url])
            let workers = try await Processes.wait {
                $0.arguments.contains("bench-worker") && $0.environment.contains("SLUICE_REDIS_URL=\(url)")
            }
            #expect(!workers.isEmpty)
            #expect(Processes.all().filter { $0.arguments.joined().contains("hush-hush") }.isEmpty)
            #expect(try await bench.status == 0)
        }
    #endif
}
