import Foundation
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceCLI

/// Limits, dependencies and `explain` as scripts meet them.
@Suite(.timeLimit(.minutes(10)))
struct LimitsToolTests {
    private struct Limits: Decodable {
        struct Override: Decodable, Equatable { var name: String; var value: String; var until: String? }
        struct Rate: Decodable { var used: Int; var allowance: Int; var next_ms: Int }
        struct Breaker: Decodable { var state: String; var until: String? }
        struct Gate: Decodable {
            var gate: String; var running: Int; var concurrency: Int?; var lanes_waiting: Int; var rate: Rate?
            var breaker: Breaker?
        }
        var queue: String
        var deploy: Int
        var declared: [String: String]
        var overrides: [Override]
        var effective: [String: String]
        var running: Int
        var gates: [Gate]
    }

    private struct Explained: Decodable {
        struct Reason: Decodable { var code: String; var text: String; var gate: String?; var position: Int? }
        var queue: String
        var id: String
        var reasons: [Reason]
    }

    private struct Dependency: Decodable, Equatable { var dependency: String; var queue: String?; var state: String }

    private func limits(_ tool: Tool, _ more: String...) async throws -> Limits {
        let arguments = ["--redis", tool.url, "--namespace", tool.namespace, "limits", "list", "mail", "--json"] + more
        return try #require(try await Tool.run(arguments).decoded([Limits].self).first)
    }

    private func explained(_ tool: Tool, _ id: String) async throws -> Explained {
        let result = try await tool.run("jobs", "explain", id, "--json")
        #expect(result.status == 0, "\(result.error)")
        return try result.decoded(Explained.self)
    }

    @Test func overridesAreSetListedAndCleared() async throws {
        let tool = try await Tool()
        let set = try await tool.run("limits", "set", "mail", "rate/host", "40/10s", "--for", "10m", "--new")
        #expect(set.status == 0, "\(set.error)")
        #expect(set.output == "mail: rate/host 40/10s for 10m\n")
        #expect(
            try await tool.run("limits", "set", "mail", "concurrency", "3", "--json").output
                == #"{"queue":"mail","name":"concurrency","value":"3","for_ms":null,"known":true}"# + "\n")
        let limits = try await limits(tool)
        #expect(limits.overrides.map(\.name).sorted() == ["concurrency", "rate/host"])
        #expect(limits.overrides.first { $0.name == "concurrency" }?.until == nil)
        #expect(limits.overrides.first { $0.name == "rate/host" }?.until != nil)
        #expect(limits.effective["concurrency"] == "3")
        #expect(limits.declared.isEmpty)
        let text = try await tool.run("limits", "list", "mail")
        let line = text.output.split(separator: "\n").first { $0.hasPrefix("rate/host") } ?? ""
        #expect(line.wholeMatch(of: /rate\/host +- +40\/10s +in (10m|9m \d+s) +40\/10s/) != nil, "\(text.output)")
        let status = try await tool.run("status", "mail")
        #expect(status.output.contains("mail: overridden: "))
        #expect(status.output.contains("concurrency 3 until cleared"))
        #expect(try await tool.run("limits", "clear", "mail", "rate/host").output == "mail: rate/host is as declared\n")
        let again = try await tool.run("limits", "clear", "mail", "rate/host")
        #expect(again.status == 1)
        #expect(again.output == "mail: rate/host was not overridden\n")
        #expect(try await self.limits(tool).overrides.map(\.name) == ["concurrency"])
    }

    /// Nothing listens there: whatever was sent would end with 3.
    @Test(arguments: [
        ["limits", "set", "mail", "concurrency", "0"], ["limits", "set", "mail", "concurrency", "-1"],
        ["limits", "set", "mail", "concurrency", "1.5"], ["limits", "set", "mail", "concurrency", "99999999999999999999"],
        ["limits", "set", "mail", "concurrency", ""], ["limits", "set", "mail", "rate", "0/1s"],
        ["limits", "set", "mail", "rate", "5/0s"], ["limits", "set", "mail", "rate", "5"],
        ["limits", "set", "mail", "rate", "5/40d"],
        ["limits", "set", "mail", "rate/a b", "5/1s"], ["limits", "set", "mail", "rate/", "5/1s"],
        ["limits", "set", "mail", "breaker", "5/30s/20s"], ["limits", "set", "mail", "weight/account", "5"],
        ["limits", "set", "mail", "weight/account=42", "1001"], ["limits", "set", "mail", "speed", "5"],
        ["limits", "set", "mail", "concurrency", "5", "--for", "0s"], ["limits", "set", "a b", "concurrency", "5"],
        ["limits", "clear", "mail", "speed"], ["limits", "list", "--gate", "tmdb"], ["limits", "list", "mail", "--gate", "a b"],
        ["dependencies", "off", "a b"], ["dependencies", "off", ""], ["dependencies", "on", "a=b", "--queue", "mail"],
        ["enqueue", "mail", "--needs", "a b"], ["enqueue", "mail", "--needs", "?"], ["enqueue", "mail", "--needs", "a??"],
        ["enqueue", "mail", "--needs", "a", "--needs", "a?"], ["enqueue", "mail", "--needs", "a", "--partition", "a=1"],
        ["enqueue", "mail", "--max-waits", "0"], ["jobs", "explain", ""], ["jobs", "explain", "a b"],
        ["bench", "--limit", "4"], ["bench", "--partitions", "0"], ["bench", "--partitions", "5", "--limit", "0"],
        ["bench", "--partitions", "5", "--dimensions", "3"], ["bench", "--hot-lanes", "0"],
        ["bench", "--partitions", "5", "--mode", "bulk"],
    ]) func whatMakesNoSenseIsRefusedBeforeAnythingIsSent(arguments: [String]) async throws {
        let result = try await Tool.run(["--redis", "redis://127.0.0.1:1"] + arguments)
        #expect(result.status == 2, "\(arguments)")
        #expect(result.output == "")
        #expect(result.error.hasPrefix("sluice: "))
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }

    @Test func oddValuesOfPartitionsAreLimitedToo() async throws {
        let tool = try await Tool()
        let values = [String(repeating: "x", count: 10_000), "a&b=c/d ü\n\u{1}", "", "*"]
        for (index, value) in values.enumerated() {
            let set = try await tool.run("limits", "set", "mail", "concurrency/account=\(value)", "1", "--new")
            #expect(set.status == 0, "\(set.error)")
            for part in ["a", "b"] {
                let enqueued = try await tool.run("enqueue", "mail", "--id", "\(part)\(index)", "--partition", "account=\(value)")
                #expect(enqueued.status == 0, "\(enqueued.error)")
            }
        }
        #expect(try await limits(tool).overrides.count == values.count)
        let worker = try await HandWorker(tool)
        #expect(try await worker.cycle(1, demand: 100).map(\.id.text).sorted() == ["a0", "a1", "a2", "a3"])
        for (index, value) in values.enumerated() {
            let reason = try await explained(tool, "b\(index)").reasons.first { $0.code == "gate_concurrency" }
            let shown = try await limits(tool, "--gate", "account=\(value)").gates
            #expect(shown.map(\.gate) == [reason?.gate])
            #expect(shown.first?.running == 1)
            #expect(shown.first?.concurrency == 1)
        }
    }

    @Test func twentyPartitionsAreNoTrouble() async throws {
        let tool = try await Tool()
        let many = (0..<20).flatMap { ["--partition", "p\($0)=\($0)"] }
        for id in ["a", "b"] {
            let arguments = ["--redis", tool.url, "--namespace", tool.namespace, "enqueue", "mail", "--id", id] + many
            #expect(try await Tool.run(arguments).status == 0)
        }
        for number in 0..<20 {
            #expect(try await tool.run("limits", "set", "mail", "concurrency/p\(number)", "1").status == 0)
        }
        let worker = try await HandWorker(tool)
        let run = try await worker.cycle(1, demand: 10)
        #expect(run.map(\.id.text) == ["a"])
        #expect(try await explained(tool, "b").reasons.contains { $0.code == "gate_concurrency" })
        let next = try await worker.cycle(
            2, demand: 10, [Settlement(id: run[0].id, fence: run[0].fence, outcome: .completed(result: nil))])
        #expect(next.map(\.id.text) == ["b"])
        let long = (0..<20).flatMap { ["--partition", "p\($0)=" + String(repeating: "x", count: 60)] }
        let tooLong = try await Tool.run(["--redis", "redis://127.0.0.1:1", "enqueue", "mail"] + long)
        #expect(tooLong.status == 2)
        #expect(tooLong.error.contains("1024"))
    }

    @Test func aJobSaysWhyItWaits() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--partition", "account=42")
        _ = try await tool.run("enqueue", "mail", "--id", "b", "--partition", "account=42")
        #expect(try await explained(tool, "a").reasons.map(\.code).contains("no_worker"))
        let worker = try await HandWorker(tool)
        // A limit on what no job has is never met.
        _ = try await tool.run("limits", "set", "mail", "concurrency/moon", "1")
        _ = try await tool.run("limits", "set", "mail", "concurrency/account", "1")
        #expect(try await worker.cycle(1, demand: 10).map(\.id.text) == ["a"])
        let waiting = try await explained(tool, "b")
        #expect(waiting.queue == "mail")
        #expect(waiting.reasons.first?.code == "gate_concurrency")
        #expect(waiting.reasons.first?.gate == "account=42")
        #expect(waiting.reasons.first?.text.contains("account=42 is full: 1 of 1 held, by a on \(worker.worker) for ") == true)
        #expect(waiting.reasons.contains { $0.code == "parked" && $0.gate == "account=42" })
        let text = try await tool.run("jobs", "explain", "b", "--queue", "mail")
        #expect(text.output.hasPrefix("b  in mail\n  account=42 is full: 1 of 1 held, by a on "))
        #expect(try await explained(tool, "a").reasons.map(\.code) == ["executing"])
        let missing = try await tool.run("jobs", "explain", "c", "--json")
        #expect(missing.status == 1)
        #expect(missing.output == "")
        #expect(missing.error.contains("no job 'c'"))
        #expect(try await tool.run("jobs", "explain", "c", "--queue", "mail").status == 1)
        let gate = try await limits(tool, "--gate", "account=42").gates
        #expect(gate.map(\.lanes_waiting) == [1])
        _ = try await tool.run("queues", "pause", "mail", "--reason", "a deploy")
        #expect(try await tool.run("jobs", "explain", "b").output.contains("the queue was paused "))
    }

    @Test func dependenciesAreSwitchedEverywhereOrInOneQueue() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--needs", "tmdb", "--needs", "imdb?", "--max-waits", "3")
        _ = try await tool.run("enqueue", "other", "--needs", "tmdb")
        let job = try await tool.run("jobs", "show", "a", "--json")
        #expect(job.output.contains(#""needs":["tmdb","imdb?"],"lane":"imdb?&tmdb""#))
        #expect(job.output.contains(#""max_waits":3"#))

        #expect(try await tool.run("dependencies", "off", "tmdb").output == "tmdb is off in mail, other\n")
        #expect(try await tool.run("dependencies", "off", "tmdb").output == "tmdb was off already\n")
        #expect(
            try await tool.run("dependencies", "off", "imdb", "--queue", "mail", "--json").output
                == #"{"dependency":"imdb","state":"off","changed":true,"queues":["mail"]}"# + "\n")
        #expect(try await tool.run("dependencies", "off", "moon").status == 0)
        let worker = try await HandWorker(tool)
        #expect(try await worker.cycle(1, demand: 10).isEmpty)
        #expect(try await explained(tool, "a").reasons.first?.text.hasPrefix("tmdb was switched off ") == true)
        let listed = try await tool.run("dependencies", "list", "--json").decoded([Dependency].self)
        #expect(listed.contains(Dependency(dependency: "tmdb", queue: "mail", state: "off")))
        #expect(listed.contains(Dependency(dependency: "tmdb", queue: "other", state: "off")))
        #expect(listed.contains(Dependency(dependency: "imdb", queue: "mail", state: "off")))
        #expect(listed.contains { $0.dependency == "moon" && $0.state == "off" })
        #expect(try await tool.server.cli("HGETALL", "\(tool.namespace):dependencies").contains("imdb") == false)
        let status = try await tool.run("status")
        #expect(status.output.contains("mail: "))
        #expect(status.output.contains("tmdb switched off "))

        #expect(try await tool.run("dependencies", "on", "tmdb").output == "tmdb is on in mail, other\n")
        #expect(try await tool.run("dependencies", "on", "tmdb").output == "tmdb was on already\n")
        let runs = try await worker.cycle(2, demand: 10)
        #expect(runs.map(\.id.text) == ["a"])
        #expect(try await tool.run("dependencies", "list", "--queue", "mail").output.contains("imdb"))
    }
}
