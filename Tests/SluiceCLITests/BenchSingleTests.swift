import Foundation
import SluiceCore
import SluiceTesting
import Testing

@testable import SluiceCLI

/// `sluice bench --mode single`, in small: the figures that there are. Speeds are not tested.
@Suite(.timeLimit(.minutes(10)))
struct BenchSingleTests {
    private static let options = ["jobs", "payload_bytes", "concurrency", "processes", "connection"]
    private static let hsets = ["redis_us_hsets", "redis_us_hsets_pipelined"]

    /// The names of a complete result, in their order.
    private static let names =
        options + ["ping_per_s", "ping_p50_ms", "redis_us_ping"] + hsets + ["single_floor_per_s", "single_floor_us"] + [
            "single_1_per_s", "single_1_per_s_ratio", "redis_us_single_1", "redis_us_single_1_ratio", "single_1_p50_ms",
            "single_1_p99_ms", "single_1_p999_ms", "single_8_per_s", "redis_us_single_8", "single_8_p50_ms", "single_8_p99_ms",
            "single_8_p999_ms", "single_64_per_s", "single_64_per_s_ratio", "redis_us_single_64", "single_64_p50_ms",
            "single_64_p99_ms", "single_64_p999_ms",
        ]

    private func single(_ arguments: String...) async throws -> Tool.Result {
        try await Tool.run(arguments + ["bench", "--mode", "single", "--jobs", "200", "--json"])
    }

    private func names(_ result: Tool.Result) -> [String] {
        result.output.matches(of: /"([a-z0-9_]+)":/).map { String($0.1) }
    }

    @Test func theNamesOfFigures() async throws {
        let result = try await single()
        #expect(result.status == 0 && result.error == "")
        #expect(names(result) == Self.names)
        #expect(result.output.contains(#""connection":"unix""#))
    }

    @Test func theFunctionIsDeletedAfterwards() async throws {
        let server = try await RedisTestServer.start()
        let result = try await single("--redis", server.url)
        #expect(names(result) == Self.names)
        let libraries = try await server.cli("FUNCTION", "LIST").split(whereSeparator: \.isNewline)
        #expect(libraries.contains("sluice") && !libraries.contains { $0.hasPrefix("benchmark_") })
    }

    /// A cost of 0 would be a lie.
    @Test func whatTheServerDoesNotTellIsLeftOut() async throws {
        let server = try await RedisTestServer.start(.init(aclUsers: ["bench on >secret ~* &* +@all -function -info"]))
        _ = try await Tool(server: server).run("library", "load")
        let result = try await single("--redis", "unix://bench:secret@" + server.socketURL.dropFirst("unix://".count))
        #expect(result.status == 0)
        #expect(result.error.hasPrefix("sluice: ten HSETs in a function are not measured"))
        #expect(result.error.split(separator: "\n").count == 1)
        #expect(names(result) == Self.names.filter { !$0.contains("redis_us") && !$0.hasSuffix("_us") })
    }

    @Test func aConnectionIsForThePrivateRedis() async throws {
        let tcp = try await Tool.run(["bench", "--mode", "single", "--jobs", "30", "--json", "--connection", "tcp"])
        #expect(tcp.status == 0 && tcp.output.contains(#""connection":"tcp""#))
        let nowhere = "redis://127.0.0.1:1"
        let named = try await Tool.run(["--redis", nowhere, "bench", "--connection", "tcp"])
        let set = try await Tool.run(["bench", "--connection", "unix"], environment: ["SLUICE_REDIS_URL": nowhere])
        for (result, source) in [(named, "--redis"), (set, "$SLUICE_REDIS_URL")] {
            #expect(result.status == 2 && result.output == "")
            #expect(result.error.hasPrefix("sluice: --connection is for the private Redis, and \(source) names another one"))
            #expect(result.error.split(separator: "\n").count == 1)
        }
    }

    @Test func howAURLIsReached() {
        #expect(BenchConnection.name(of: "unix:///run/redis.sock") == "unix")
        #expect(BenchConnection.name(of: "redis://localhost") == "tcp")
        #expect(BenchConnection.name(of: "REDISS://localhost") == "tls")
        #expect(BenchConnection.name(of: "rediss+sentinel://localhost/m") == "tls")
        #expect(BenchConnection.name(of: "redis+cluster://a,b") == "tcp")
    }
}
