import Foundation
import SluiceCore
import SluiceStore
import SluiceTesting
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// The commands as scripts meet them: shapes of JSON and exit statuses.
@Suite(.timeLimit(.minutes(10)))
struct ToolTests {
    private struct Added: Decodable, Equatable {
        var queue: String
        var id: String
        var added: Bool
    }

    private struct Status: Decodable {
        var queue: String
        var states: [String: Int]
        var paused: Bool
        var paused_reason: String?
        var oldest_available_ms: Int
        var workers: Int
        var totals: [String: Int]
    }

    private struct Details: Decodable {
        struct Failure: Decodable { var attempt: Int; var message: String; var worker: String }
        var id: String
        var queue: String
        var state: String
        var kind: String
        var arguments: [String: Int]
        var partitions: [String: String]
        var lane: String
        var chain: String?
        var chain_hold: Bool
        var priority: Int
        var attempts: Int
        var max_attempts: Int?
        var timeout_ms: Int?
        var errors: [Failure]
        var created_at: String?
        var due_at: String?
    }

    private struct Page: Decodable {
        struct Job: Decodable { var id: String; var queue: String; var state: String; var kind: String }
        var jobs: [Job]
        var next: String?
    }

    private struct Change: Decodable, Equatable {
        var id: String
        var queue: String?
        var done: Bool
        var result: String
    }

    @Test func aJobIsEnqueuedOnce() async throws {
        let tool = try await Tool()
        let first = try await tool.run("enqueue", "mail", "--id", "a", "--json")
        #expect(first.status == 0)
        #expect(try first.decoded(Added.self) == Added(queue: "mail", id: "a", added: true))
        let again = try await tool.run("enqueue", "mail", "--id", "a", "--json")
        #expect(try again.decoded(Added.self) == Added(queue: "mail", id: "a", added: false))
        let made = try await tool.run("enqueue", "mail")
        #expect(made.status == 0)
        #expect(made.output.count == 15)
        #expect(made.error == "")
    }

    @Test func everyOptionArrives() async throws {
        let tool = try await Tool()
        let enqueued = try await tool.run(
            "enqueue", "mail", "--id", "a", "--kind", "email", "--args", #"{"big":9007199254740993}"#, "--priority", "2",
            "--partition", "account=42", "--partition", "host=a b", "--max-attempts", "3", "--timeout", "1m30s",
            "--at", "2100-01-01T00:00:00.123Z")
        #expect(enqueued.status == 0)
        let shown = try await tool.run("jobs", "show", "a", "--json")
        #expect(shown.status == 0)
        let job = try shown.decoded(Details.self)
        #expect(job.queue == "mail")
        #expect(job.state == "scheduled")
        #expect(job.kind == "email")
        #expect(job.arguments == ["big": 9_007_199_254_740_993])
        #expect(job.partitions == ["account": "42", "host": "a b"])
        #expect(job.lane == "account=42&host=a%20b")
        #expect(job.priority == 2)
        #expect(job.max_attempts == 3)
        #expect(job.timeout_ms == 90_000)
        #expect(job.due_at == "2100-01-01T00:00:00.123Z")
        #expect(job.created_at != nil)
    }

    @Test func aChainIsEnqueuedShownAndExplained() async throws {
        let tool = try await Tool()
        for id in ["a", "b"] {
            let enqueued = try await tool.run(
                "enqueue", "mail", "--id", id, "--args", #"{"n":1}"#, "--chain", "order 7", "--hold-on-discard", "--partition",
                "account=42")
            #expect(enqueued.status == 0)
        }
        let job = try await tool.run("jobs", "show", "a", "--json").decoded(Details.self)
        #expect(job.chain == "order 7" && job.chain_hold && job.lane == "account=42&chain=order%207")
        let card = try await tool.run("jobs", "show", "a").output
        #expect(card.contains("  chain       order 7, which it holds when it is discarded\n"))
        let plain = try await tool.run("enqueue", "mail", "--id", "c", "--args", #"{"n":1}"#, "--chain", "order 7")
        #expect(plain.status == 0)
        #expect(try await tool.run("jobs", "show", "c", "--json").decoded(Details.self).chain_hold == false)
        #expect(try await tool.run("jobs", "show", "c").output.contains("  chain       order 7\n"))
        for words in [
            ["enqueue", "mail", "--kind=k", "--hold-on-discard"], ["enqueue", "mail", "--partition", "chain=7"],
            ["enqueue", "mail", "--needs", "chain"],
        ] {
            let result = try await tool.run(words[0], words[1], words[2], words[3])
            #expect(result.status == 2, "\(words): \(result.error)")
        }
        let refused = try await tool.run("enqueue", "mail", "--chain", "x", "--priority", "3")
        #expect(refused.status != 0 && refused.error.contains("priority"))
        let empty = try await tool.run("enqueue", "mail", "--chain", "")
        #expect(empty.status == 2 && empty.error.contains("the key of a chain is empty"), "\(empty.error)")
        let kind = try await tool.run("enqueue", "mail", "--kind", "a\nPATH=/x")
        #expect(kind.status == 2 && kind.error.contains("is no kind"), "\(kind.error)")
    }

    @Test func linesBecomeJobsAndRefusedOnesAreReported() async throws {
        let tool = try await Tool()
        let plain = try await tool.run("enqueue", "mail", "--lines", input: "a \"quoted\" one\n\nlast")
        #expect(plain.status == 0)
        #expect(plain.output == "2 jobs enqueued in mail\n")
        let many = (0..<2500).map { "{\"n\":\($0)}" }.joined(separator: "\n")
        let mixed = try await tool.run("enqueue", "other", "--json-lines", "--json", input: "{\n\n" + many + "\n[1,]\n")
        #expect(mixed.status == 1)
        struct Summary: Decodable {
            struct Refused: Decodable { var line: Int; var error: String }
            var added: Int
            var refused: Int
            var errors: [Refused]
        }
        let summary = try mixed.decoded(Summary.self)
        #expect(summary.added == 2500)
        #expect(summary.refused == 2)
        #expect(summary.errors.map(\.line) == [1, 2503])
        #expect(mixed.error.split(separator: "\n").map { $0.prefix(14) } == ["sluice: line 1", "sluice: line 2"])
        let listed = try await tool.run("jobs", "list", "--queue", "mail", "--json")
        #expect(listed.output.contains(#""arguments":"a \"quoted\" one""#))
    }

    @Test func whatMakesNoSenseIsRefusedBeforeAnythingIsSent() async throws {
        // Nothing listens there: whatever was sent would end with 3.
        for arguments in [
            ["--args", "{\"a\":}"], ["--args", ""], ["--priority", "11"], ["--kind", ""],
            ["--args", "\"" + String(repeating: "x", count: 100_000) + "\"", "--kind", String(repeating: "k", count: 200)],
        ] {
            let result = try await Tool.run(["--redis", "redis://127.0.0.1:1", "enqueue", "mail"] + arguments)
            #expect(result.status == 2)
            #expect(result.output == "")
            #expect(result.error.hasPrefix("sluice: "))
            #expect(result.error.split(separator: "\n").count == 1)
        }
        let place = try await Tool.run(["--redis", "redis://127.0.0.1:1", "enqueue", "mail", "--args", "{\"a\":}"])
        #expect(place.error.contains("'}' at byte 6"))
        let large = try await Tool().run("enqueue", "mail", "--lines", input: String(repeating: "x", count: 1 << 20))
        #expect(large.status == 1)
        #expect(large.error.contains("line 1: "))
        #expect(large.error.contains("limit"))
    }

    @Test func statusCountsAndPausesAreSeen() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("status", "--json").decoded([Status].self).isEmpty)
        _ = try await tool.run("enqueue", "mail", "--lines", input: "a\nb\nc")
        _ = try await tool.run("enqueue", "mail", "--delay", "1h")
        let worker = try await HandWorker(tool)
        try await worker.cycle(1, demand: 1)
        let paused = try await tool.run("queues", "pause", "mail", "--reason", "a deploy", "--json")
        #expect(paused.output == #"{"queue":"mail","paused":true,"changed":true}"# + "\n")
        let status = try #require(try await tool.run("--json", "status").decoded([Status].self).first)
        #expect(status.queue == "mail")
        #expect(
            status.states == [
                "available": 2, "scheduled": 1, "executing": 1, "retryable": 0, "suspended": 0, "completed": 0, "cancelled": 0,
                "discarded": 0,
            ])
        #expect(status.paused)
        #expect(status.paused_reason == "a deploy")
        #expect(status.oldest_available_ms >= 0)
        #expect(status.workers == 1)
        #expect(status.totals["enqueued"] == 4)
        #expect(try await tool.run("queues", "pause", "mail").output == "mail was paused already\n")
        #expect(try await tool.run("queues", "resume", "mail").output == "resumed mail\n")
        #expect(try await tool.run("status", "mail", "--json").decoded([Status].self).first?.paused == false)
        #expect(try await tool.run("queues", "list").output == "QUEUE  LIVE JOBS  PAUSED\nmail           4  no\n")
        let unknown = try await tool.run("status", "mial")
        #expect(unknown.status == 0)
        #expect(unknown.error.contains("nothing has used queue 'mial'"))
        struct Worker: Decodable {
            var worker: String; var queue: String; var jobs: Int; var lease_ms: Int; var info: [String: Int]
        }
        let workers = try await tool.run("workers", "list", "--json").decoded([Worker].self)
        #expect(workers.map(\.jobs) == [1])
        #expect(workers.first?.info == ["concurrency": 4])
    }

    @Test func aFailedJobShowsItsErrors() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--args", #"{"n":1}"#)
        let worker = try await HandWorker(tool)
        let run = try await worker.cycle(1, demand: 1)[0]
        try await worker.cycle(
            2, [Settlement(id: run.id, fence: run.fence, outcome: .discarded(error: #"{"message":"boom"}"#))])
        let job = try await tool.run("jobs", "show", "a", "--queue", "mail", "--json").decoded(Details.self)
        #expect(job.state == "discarded")
        #expect(job.errors.map(\.message) == ["boom"])
        #expect(job.errors.map(\.worker) == [worker.worker.text])
        #expect(try await tool.run("jobs", "show", "a").output.contains("      boom\n"))
        let missing = try await tool.run("jobs", "show", "b", "--json")
        #expect(missing.status == 1)
        #expect(missing.output == "")
        #expect(missing.error.contains("no job 'b'"))
    }

    @Test func jobsAreListedPageByPage() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--lines", input: "a\nb\nc")
        _ = try await tool.run("enqueue", "other", "--kind", "email")
        let first = try await tool.run("jobs", "list", "--limit", "2", "--json").decoded(Page.self)
        #expect(first.jobs.count == 2)
        let second = try await tool.run("jobs", "list", "--limit", "2", "--json", "--cursor", try #require(first.next))
            .decoded(Page.self)
        #expect(second.jobs.map(\.queue) == ["mail", "other"])
        let some = try await tool.run("jobs", "list", "--kind", "email", "--state", "available", "--json").decoded(Page.self)
        #expect(some.jobs.map(\.kind) == ["email"])
        #expect(try await tool.run("jobs", "list", "--cursor", "nonsense").status == 2)
        let text = try await tool.run("jobs", "list", "--queue", "other")
        #expect(text.output.split(separator: "\n").count == 2)
    }

    @Test func changesTellWhatBecameOfEach() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        _ = try await tool.run("enqueue", "other", "--id", "b")
        let cancelled = try await tool.run("jobs", "cancel", "a", "b", "c", "--json")
        #expect(cancelled.status == 1)
        #expect(
            try cancelled.decoded([Change].self) == [
                Change(id: "a", queue: "mail", done: true, result: "cancelled"),
                Change(id: "b", queue: "other", done: true, result: "cancelled"),
                Change(id: "c", queue: nil, done: false, result: "missing"),
            ])
        #expect(try await tool.run("jobs", "retry", "a").output == "a  available\n")
        let refused = try await tool.run("jobs", "reschedule", "b", "--delay", "5m")
        #expect(refused.status == 1)
        #expect(refused.output == "b  refused: it is cancelled\n")
        #expect(try await tool.run("jobs", "reschedule", "a", "--at", "4000000000").status == 0)
        #expect(try await tool.run("jobs", "show", "a").output.contains("2096-10-02T07:06:40.000Z"))
        #expect(try await tool.run("jobs", "delete", "a", "b").output == "a  deleted\nb  deleted\n")
        _ = try await tool.run("enqueue", "mail", "--id", "twice")
        _ = try await tool.run("enqueue", "other", "--id", "twice")
        let twice = try await tool.run("jobs", "cancel", "twice")
        #expect(twice.status == 2)
        #expect(twice.error.contains("--queue"))
        #expect(try await tool.run("jobs", "cancel", "twice", "--queue", "other").status == 0)
    }

    @Test func anAuditThatIsNotCleanSaysNo() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail")
        struct Report: Decodable {
            struct Violation: Decodable { var invariant: String; var what: String }
            var clean: Bool
            var violations: [Violation]
            var checked: Int
        }
        let clean = try await tool.run("audit", "--json")
        #expect(clean.status == 0)
        #expect(try clean.decoded(Report.self).clean)
        #expect(try clean.decoded(Report.self).checked > 0)
        try await tool.server.cli("ZADD", "\(tool.namespace):{mail}:completed", "1", "ghost")
        let damaged = try await tool.run("audit", "mail", "--json")
        #expect(damaged.status == 1)
        let report = try damaged.decoded(Report.self)
        #expect(!report.clean)
        #expect(report.violations.contains { $0.invariant == "I1" && $0.what.contains("ghost") })
    }
}
