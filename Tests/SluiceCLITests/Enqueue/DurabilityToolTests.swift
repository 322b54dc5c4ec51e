import SluiceTesting
import Testing

/// Jobs that the tool enqueues and that replicas have to have.
@Suite(.timeLimit(.minutes(5)))
struct DurabilityToolTests {
    private struct Report: Decodable {
        var id: String
        var added: Bool
        var confirmed: Bool?
    }

    @Test func aJobIsPrintedWithOrWithoutItsConfirmation() async throws {
        let primary = try await RedisTestServer.start(.init(tcp: true, config: ["repl-diskless-sync-delay 0"]))
        let tool = try await Tool(server: primary)
        let options = ["--replicas", "1", "--replicas-within"]
        let alone = try await Tool.run(
            ["--redis", tool.url, "--namespace", tool.namespace, "enqueue", "mail", "--id", "a"] + options + ["50ms"])
        #expect(alone.status == 1 && alone.output == "a\n")
        #expect(alone.error.contains("job a is in queue mail, but 0 of 1 replica confirmed it within 50ms"))
        let json = try await Tool.run(
            ["--redis", tool.url, "--namespace", tool.namespace, "--json", "enqueue", "mail", "--id", "a"] + options + ["50ms"])
        let report = try json.decoded(Report.self)
        #expect(json.status == 1 && report.id == "a" && !report.added && report.confirmed == false)
        let replica = try await RedisTestServer.start(.init(replicaOf: primary))
        let both = try await Tool.run(
            ["--redis", tool.url, "--namespace", tool.namespace, "--json", "enqueue", "mail", "--id", "a"] + options + ["60s"])
        #expect(try both.status == 0 && both.decoded(Report.self).confirmed == true)
        let lines = try await Tool.run(
            ["--redis", tool.url, "--namespace", tool.namespace, "enqueue", "mail", "--lines"] + options + ["60s"],
            input: "x\ny\n")
        #expect(lines.status == 0 && lines.output == "2 jobs enqueued in mail\n")
        #expect(try await replica.cli("EXISTS", "\(tool.namespace):{mail}:spec") == "1")
    }

    @Test func timesAndNumbersOutOfRangeAreUsage() async throws {
        let tool = try await Tool()
        for words in [["--replicas", "0"], ["--replicas-within", "1s"], ["--replicas", "1", "--replicas-within", "11m"]] {
            let result = try await Tool.run(["--redis", tool.url, "enqueue", "mail"] + words)
            #expect(result.status == 2 && result.error.contains("--replicas"))
        }
    }
}
