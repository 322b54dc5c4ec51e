import Foundation
import SluiceCore
import Testing

@testable import SluiceCLI

/// `sluice bench --compare`.
@Suite(.timeLimit(.minutes(10)))
struct BenchCompareTests {
    private struct Compared: Decodable {
        struct Option: Decodable { var earlier: Value?; var now: Value? }
        struct Figure: Decodable { var earlier: Double; var change: Double? }
        var other_options: [String: Option]
        var figures: [String: Figure]
    }
    private struct Result: Decodable { var compared: Compared }
    /// An option is a number or a word.
    private enum Value: Decodable, Equatable {
        case number(Int), word(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) { self = .number(number); return }
            self = .word(try container.decode(String.self))
        }
    }

    private static let earlier = """
        {"jobs":200,"payload_bytes":100,"concurrency":1000,"processes":1,"single_1_per_s":0,"ping_per_s":1000.0,
        "beside_purge_ms":{"calls":3,"median":2,"p99":4,"longest":4},"gone_per_s":7,"memory":[{"process":"x"}]}
        """

    /// Writes a file for the time of `body`.
    private func with<T>(_ text: String, _ body: (_ path: String) async throws -> T) async throws -> T {
        let file = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await body(file.path)
    }

    @Test func figuresThatBothHaveAndOptionsThatDiffer() async throws {
        let compared = try await with(Self.earlier) { file in
            let result = try await Tool.run(["bench", "--mode", "single", "--jobs", "60", "--json", "--compare", file])
            #expect(result.status == 0, "\(result.error)")
            return try result.decoded(Result.self).compared
        }
        #expect(Set(compared.figures.keys) == ["single_1_per_s", "ping_per_s"])
        #expect(compared.figures["single_1_per_s"]?.change == nil)
        let ping = try #require(compared.figures["ping_per_s"])
        #expect(ping.earlier == 1000 && (ping.change ?? 0) > 0)
        #expect(Set(compared.other_options.keys) == ["jobs", "connection"])
        #expect(compared.other_options["jobs"]?.earlier == .number(200))
        #expect(compared.other_options["jobs"]?.now == .number(60))
        #expect(compared.other_options["connection"]?.earlier == nil)
        #expect(compared.other_options["connection"]?.now == .word("unix"))
    }

    @Test func theColumnsForPeople() async throws {
        try await with(Self.earlier) { file in
            let earlier = try BenchEarlier(file: file)
            var result = BenchResult()
            for (name, value) in [("jobs", 200), ("payload_bytes", 100), ("concurrency", 1000), ("processes", 2)] {
                result.addOption(name, .integer(value))
            }
            result.add("ping_per_s", 500, "PING", "calls/s", digits: 0)
            result.add("single_1_per_s", 250, "enqueue", "jobs/s", digits: 0, floor: BenchFloor("ping_per_s", "PING"))
            result.add("new_us", 3.14159, "new", "µs/job", floor: BenchFloor("missing"))
            result.add("beside_purge_ms", samples: [1, 1, 1], "beside", "ms", digits: 1)
            let lines = result.lines(comparedWith: earlier).map { $0.split(separator: " ").joined(separator: " ") }
            #expect(
                lines == [
                    "earlier figures are those of \(file)",
                    "all of them were measured with other options: processes 1, now 2",
                    "PING 500 calls/s earlier 1000, 0.50 ×", "enqueue 250 jobs/s 0.50 × PING earlier 0", "new 3.14 µs/job",
                    "beside, median 1.0 ms earlier 2.0, 0.50 ×", "99th percentile 1.0 ms earlier 4.0, 0.25 ×",
                    "longest 1.0 ms earlier 4.0, 0.25 ×",
                ])
            let plain = result.lines(comparedWith: nil)
            #expect(plain.count == 6 && !plain.joined().contains("earlier"))
        }
    }

    /// Nothing listens there: a measurement would end with 3.
    @Test(arguments: [
        ("[", "is no JSON"), ("[]", "no result of bench"), ("{}", "no result of bench"), (#"{"jobs":1}"#, "no result of bench"),
        (#"{"jobs":"1","payload_bytes":1,"concurrency":1,"processes":1}"#, "no result of bench"),
    ]) func whatIsNoResultIsRefusedBeforeAnythingIsMeasured(text: String, reason: String) async throws {
        try await with(text) { file in
            let result = try await Tool.run(["--redis", "redis://127.0.0.1:1", "bench", "--compare", file])
            expectRefusal(result, reason)
        }
    }

    @Test func aFileThatIsMissing() async throws {
        let result = try await Tool.run(["--redis", "redis://127.0.0.1:1", "bench", "--compare", "/nonexistent/bench.json"])
        expectRefusal(result, "no such file")
    }

    @Test(arguments: ["polling", "memory", "forecast"]) func tablesAreNotCompared(mode: String) async throws {
        let result = try await Tool.run(["--redis", "redis://127.0.0.1:1", "bench", "--mode", mode, "--compare", "/dev/null"])
        expectRefusal(result, "--compare does not go with")
    }

    private func expectRefusal(_ result: Tool.Result, _ reason: String) {
        #expect(result.status == 2 && result.output == "")
        #expect(result.error.hasPrefix("sluice: ") && result.error.contains(reason), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }
}
