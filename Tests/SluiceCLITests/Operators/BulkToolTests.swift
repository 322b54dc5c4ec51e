import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceCLI

/// `sluice jobs purge` and its kin, as scripts meet them.
@Suite(.timeLimit(.minutes(10)))
struct BulkToolTests {
    private struct Change: Decodable {
        struct Queue: Decodable {
            struct Group: Decodable { var kind: String; var error: String; var count: Int; var example: String }
            var queue: String
            var looked: Int
            var matched: Int
            var changed: Int?
            var groups: [Group]?
        }
        var change: String
        var dry_run: Bool
        var queues: [Queue]
    }

    private func filled() async throws -> Tool {
        let tool = try await Tool()
        let lines = (0..<30).map { "\($0)\n" }.joined()
        #expect(try await tool.run("enqueue", "mail", "--lines", "--kind", "a", input: lines).status == 0)
        #expect(try await tool.run("enqueue", "mail", "--kind", "b", "--partition", "host=x y", "--id", "b1").status == 0)
        return tool
    }

    @Test func whatWouldTakeAllHasToBeMeant() async throws {
        let tool = try await filled()
        for words in [["--queue", "mail"], ["--queue", "mail", "--state", "available"]] {
            let asked = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace, "jobs", "purge"] + words)
            #expect(asked.status == 2)
            #expect(asked.error.contains("delete 31 of 31 jobs of mail: say --yes"))
        }
        #expect(try await tool.run("jobs", "purge").status == 2)
        #expect(try await tool.run("jobs", "cancel").status == 2)
        #expect(try await tool.run("jobs", "cancel", "b1", "--kind", "b").status == 2)
        let purged = try await tool.run("jobs", "purge", "--queue", "mail", "--yes")
        #expect(purged.status == 0)
        #expect(purged.output == "mail: 31 deleted; 31 jobs looked at\n")
    }

    @Test func conditionsAndDryRun() async throws {
        let tool = try await filled()
        let dry = try await tool.run("jobs", "purge", "--queue", "mail", "--dry-run", "--json").decoded(Change.self)
        #expect(dry.dry_run && dry.queues.first?.matched == 31)
        #expect(dry.queues.first?.groups?.map(\.count) == [30, 1])
        let one = try await tool.run("jobs", "cancel", "--partition", "host=x y", "--json").decoded(Change.self)
        #expect(one.queues.map(\.queue) == ["mail"] && one.queues.first?.changed == 1 && one.change == "cancel")
        let none = try await tool.run("jobs", "retry", "--queue", "mail", "--kind", "zzz")
        #expect(none.status == 0 && none.error == "sluice: no job matches\n" && none.output.isEmpty)
        let some = try await tool.run("jobs", "reschedule", "--queue", "mail", "--kind", "a", "--limit", "5", "--delay", "1h")
        #expect(some.status == 0 && some.output.hasPrefix("mail: 5 rescheduled;"))
        let old = try await tool.run("jobs", "delete", "--queue", "mail", "--older-than", "1h", "--json").decoded(Change.self)
        #expect(old.queues.first?.changed == 0)
        #expect(try await tool.run("jobs", "purge", "--queue", "mail", "--kind", "a").output.hasPrefix("mail: 30 deleted"))
    }

    /// Some systems write the last day of the year 9999 for never.
    @Test func whatEnqueueTakesForATimeRescheduleTakesToo() async throws {
        let tool = try await Tool()
        let times = ["0", "99999999999", "2026-11-22T08:30:00Z", "9999-12-31T23:59:59Z"]
        for (number, time) in times.enumerated() {
            let added = try await tool.run("enqueue", "mail", "--id", "a\(number)", "--at", time)
            #expect(added.status == 0, "\(time): \(added.error)")
            let moved = try await tool.run("jobs", "reschedule", "a\(number)", "--queue", "mail", "--at", time)
            #expect(moved.status == 0, "\(time): \(moved.error)")
            let all = try await tool.run("jobs", "reschedule", "--queue", "mail", "--at", time, "--yes")
            #expect(all.status == 0, "\(time): \(all.error)")
        }
    }

    @Test func errorsByFrequency() async throws {
        let tool = try await filled()
        #expect(try await tool.run("jobs", "errors", "mail").error.contains("no job is retryable or discarded"))
        let worker = try await HandWorker(tool)
        let jobs = try await worker.cycle(1, demand: 3)
        try await worker.cycle(
            2,
            jobs.enumerated().map {
                .init(id: $1.id, fence: $1.fence, outcome: .discarded(error: $0 == 0 ? #""gone""# : #""row \#($0)""#))
            })
        let lines = try await tool.run("jobs", "errors").output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("   2  a") && lines[1].contains("row #"))
    }

    @Test func drainWaitsForWhatCanRun() async throws {
        let tool = try await filled()
        let late = try await tool.run("queues", "drain", "mail", "--timeout", "1ms")
        #expect(late.status == 1 && late.output == "mail is not drained: 31 jobs left\n")
        #expect(try await tool.run("queues", "pause", "mail", "--reason", "a move").status == 0)
        let paused = try await tool.run("queues", "drain", "mail")
        #expect(paused.status == 1 && paused.error.contains("mail is paused (a move)"))
        #expect(try await tool.run("queues", "drain", "mail", "--running").output == "mail is drained\n")
        #expect(try await tool.run("queues", "resume", "mail").status == 0)
        #expect(try await tool.run("jobs", "reschedule", "--queue", "mail", "--delay", "1h", "--yes").status == 0)
        #expect(try await tool.run("queues", "drain", "mail").status == 0)
        #expect(try await tool.run("queues", "drain", "mail", "--all", "--timeout", "1ms").status == 1)
        #expect(try await tool.run("queues", "drain", "mail", "--all", "--running").status == 2)
    }

    /// One that runs is waited for, however long it takes; it ends while the tool looks.
    @Test func drainEndsWhenTheLastJobDoes() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "mail").status == 0)
        let worker = try await HandWorker(tool)
        let jobs = try await worker.cycle(1, demand: 1)
        async let drained = tool.run("queues", "drain", "mail", "--timeout", "60s", "--json")
        try await worker.cycle(2, jobs.map { .init(id: $0.id, fence: $0.fence, outcome: .completed(result: nil)) })
        #expect(try await drained.output.contains("\"drained\":true"))
    }

    @Test func aRepairIsToldAndThenDone() async throws {
        let tool = try await filled()
        #expect(try await tool.run("audit", "--repair").output == "clean: nothing to repair\n")
        #expect(try await tool.run("audit", "--yes").status == 2)
        let store = try await HandWorker(tool).store
        _ = try await store.send(["ZREM", store.keys.base("mail") + ":wait:host=x%20y", "b1"], key: store.keys.base("mail"))
        let plan = try await tool.run("audit", "--repair", "mail")
        #expect(plan.status == 1 && plan.output.contains("b1 is in no index") && plan.output.contains("it becomes available"))
        #expect(plan.error.contains("nothing was changed"))
        #expect(try await tool.run("audit").status == 1)
        let done = try await tool.run("audit", "--repair", "--yes", "--json")
        #expect(done.status == 0 && done.output.contains("\"clean\":true"))
        #expect(try await tool.run("audit").status == 0)
        #expect(try await tool.run("status", "--json").output.contains("\"available\":31"))
    }

    @Test func theLineOfProgress() {
        var progress = BulkProgress()
        (progress.expected, progress.looked, progress.matched) = (2000, 500, 400)
        #expect(
            ProgressLine.text("mail", progress, after: .seconds(5), withBar: true)
                == "mail: [#####...............] 500 of 2,000 looked at, 400 matched, 100/s, about 15s left")
    }
}
