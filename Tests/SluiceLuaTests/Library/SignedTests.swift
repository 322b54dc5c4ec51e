import SluiceCore
import SluiceStore
import Testing

/// Of the jobs that are sent with a signature, the outbox alone makes some.
@Suite(.timeLimit(.minutes(10)))
struct SignedTests {
    private static let hooks: QueueName = "webhooks"
    private static let spec = #"{"kind":"webhook","args":{"url":"https://x.test/","body":{"id":"x"}}}"#
    private static let refusal = "jobs of kind webhook cannot be enqueued in queue webhooks"

    @Test(arguments: [
        spec, #"{"kind":"web\u0068ook"}"#, #"{ "kind" : "webhook" }"#,
    ])
    func nobodyEnqueuesOne(_ spec: String) async throws {
        let queue = try await LuaQueue(Self.hooks)
        for words in [
            ["sluice_enqueue", "x", spec, ""], ["sluice_enqueue", "x", spec, #"{"delay":5}"#],
            ["sluice_enqueue", "a", #"{"kind":"k"}"#, "", "x", spec, ""], ["enqueue", "p", "1", "1", "x", spec],
        ] {
            try await queue.checkRefused(words, Self.refusal)
        }
        let other = try await LuaQueue("mail", in: queue.queues)
        try await other.add("a")
        for options in [#"{"after":{"id":"a"},"target":"webhooks"}"#] {
            try await other.checkRefused(["sluice_enqueue", "x", spec, options], Self.refusal)
            try await other.checkRefused(["enqueue", "p", "1", "1", "x", spec, "0", options], Self.refusal)
            try await other.checkRefused(["enqueue", "p", "1", "1", "x", spec, "*", options], Self.refusal)
        }
    }

    @Test(arguments: [#"{"kind":"k","kind":"webhook"}"#, #"{"kind":"webhook","kind":"k"}"#])
    func aKindThatStandsTwiceIsNoWayIn(_ spec: String) async throws {
        let queue = try await LuaQueue(Self.hooks)
        try await queue.checkRefused(["sluice_enqueue", "x", spec, ""], "kind is given twice in a spec")
        try await queue.checkRefused(["enqueue", "p", "1", "1", "x", spec], Self.refusal)
    }

    @Test func otherKindsAndOtherQueuesAreFree() async throws {
        let queue = try await LuaQueue(Self.hooks)
        #expect(try await queue.fcall(["sluice_enqueue", "x", #"{"kind":"k"}"#, ""]) == "[added x]")
        let other = try await LuaQueue("mail", in: queue.queues)
        #expect(try await other.fcall(["sluice_enqueue", "x", Self.spec, ""]) == "[added x]")
    }

    /// What a run enqueues cannot make its settlement fail: it is left out.
    @Test func noRunEnqueuesOne() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a")
        try await worker.cycle(1)
        var committed = CommittedJobs()
        for (id, target) in [("x", Self.hooks), ("b", "mail")] as [(String, QueueName)] {
            committed.append(NewJob(id: JobID(known: id), spec: Array(Self.spec.utf8)), to: target, of: "mail")
        }
        let reply = try await worker.cycle(settling: JobID(known: "a"), .completed(result: nil), committing: committed)
        #expect(reply.refused == [] && reply.messages == [])
        #expect(try await queue.state("x") == nil)
        #expect(try await queue.state("b") == "available")
        #expect(try await queue.audit() == [])
    }

    @Test func nothingThatRecursIsOne() async throws {
        let queue = try await LuaQueue(Self.hooks)
        let entry = #"{"expression":"@every 60s","zone":"UTC","job":{"kind":"KIND"}}"#
        let put = { (kind: String) in
            ["cron_put", "e", entry.replacing("KIND", with: kind), "\(queue.start + 60_000)", "operator"]
        }
        try await queue.checkRefused(put("webhook"), Self.refusal)
        #expect(try await queue.fcall(put("k")) == "[added, 1]")
        try await queue.checkRefused(["cron_run", "e", "1", "x", Self.spec], Self.refusal)
        try await queue.advance(60)
        let (tick, next) = ("\(queue.start + 60_000)", "\(queue.start + 120_000)")
        try await queue.checkRefused(["cron_fire", "e", "1", tick, next, "0", Self.spec, tick], Self.refusal)
    }

    @Test func noNodeAndNoCallbackIsOne() async throws {
        let batch = try await LuaQueue("batch.b")
        try await batch.checkRefused(["batch", "open", "name", "completed", "webhooks\n{}\n" + Self.spec], Self.refusal)
        #expect(try await batch.fcall(["batch", "open", "name", "completed", "mail\n{}\n" + Self.spec]).hasPrefix("["))
        let flow = try await LuaQueue("workflow.w", in: batch.queues)
        let head = ["workflow_add", "new", "t", "name", "0", ""]
        try await flow.checkRefused(head + ["new", "n", "webhooks", "", Self.spec, "0", "0"], Self.refusal)
        #expect(try await flow.fcall(head + ["new", "n", "mail", "", Self.spec, "0", "0"]).hasPrefix("[ok"))
    }

    /// Those that are there can be looked at and tried again as all others.
    @Test func operatorsTryThemAgain() async throws {
        let queue = try await LuaQueue(Self.hooks)
        let call = Deliver(
            validUntil: queue.start + 60_000,
            items: [Deliver.Item(id: JobID(known: "x"), spec: Array(Self.spec.utf8), options: "")])
        #expect(try await queue.call(call) == 1)
        #expect(try await queue.fcall(["cancel", "x"]) == "[x, cancelled]")
        #expect(try await queue.fcall(["retry", "x"]) == "[x, available]")
        #expect(try await queue.fcall(["reschedule", "1000", "x"]) == "[x, scheduled]")
        #expect(try await queue.audit() == [])
    }
}
