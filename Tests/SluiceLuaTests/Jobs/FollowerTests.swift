import SluiceCore
import SluiceStore
import Testing

/// Jobs that wait, in the slot of another one, for its end.
@Suite(.timeLimit(.minutes(10)))
struct FollowerTests {
    private static let ends: [(state: String, outcome: Settlement.Outcome)] = [
        ("completed", .completed(result: nil)), ("cancelled", .cancelled(error: #""e""#)),
        ("discarded", .discarded(error: #""e""#)),
    ]
    private static let policies = ["cancel", "ignore", "hold", "compensate"]

    /// What becomes of a follower whose parent has come to an end.
    private func fate(_ end: String, _ policy: String) -> String {
        if policy == "compensate" { return end == "completed" ? "cancelled" : "available" }
        if end == "completed" || policy == "ignore" { return "available" }
        return policy == "cancel" ? "cancelled" : "suspended"
    }

    @Test(arguments: ends.indices, policies) func ofALiveParent(_ end: Int, _ policy: String) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        #expect(try await queue.follow("f", after: "p", policy) == "[added f]")
        #expect(try await queue.state("f") == "suspended")
        #expect(try await queue.audit() == [])
        _ = try await queue.end("p", worker, Self.ends[end].outcome)
        #expect(try await queue.state("f") == fate(Self.ends[end].state, policy))
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: ends.indices, policies) func ofAParentThatHasEnded(_ end: Int, _ policy: String) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        _ = try await queue.end("p", worker, Self.ends[end].outcome)
        #expect(try await queue.follow("f", after: "p", policy) == "[added f]")
        #expect(try await queue.state("f") == fate(Self.ends[end].state, policy))
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: policies) func ofADeletedParent(_ policy: String) async throws {
        let queue = try await LuaQueue()
        try await queue.add("p")
        try await queue.follow("f", after: "p", policy)
        #expect(try await queue.fcall(["delete", "p"]) == "[p, deleted]")
        #expect(try await queue.state("f") == fate("deleted", policy))
        #expect(try await queue.key("after:p") == nil)
        #expect(try await queue.audit() == [])
        try await queue.checkRefused(["enqueue", "x", "1", "1", "g", "{}", "0", #"{"after":{"id":""}}"#], "id of the job before")
        #expect(try await queue.follow("g", after: "p", policy) == "[orphan g]")
        #expect(try await queue.state("g") == nil)
    }

    @Test func whyAFollowerWasCancelledIsKept() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        try await queue.follow("f", after: "p")
        _ = try await queue.end("p", worker, .discarded(error: #""e""#))
        try await queue.follow("late", after: "p")
        for id in ["f", "late"] {
            let errors = try #require(try await queue.call(FindJob(JobID(known: id)))?["errors"])
            #expect(errors.contains("the job before it, p, was discarded"))
        }
        try await queue.add("good")
        try await queue.follow("undo", after: "good", "compensate")
        _ = try await queue.end("good", worker)
        try await queue.follow("too-late", after: "good", "compensate")
        for id in ["undo", "too-late"] {
            let errors = try #require(try await queue.call(FindJob(JobID(known: id)))?["errors"])
            #expect(errors.contains("the job before it, good, was completed"))
        }
    }

    @Test func aCompensationRunsWhoeverEndedItsParent() async throws {
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", "crashes", "1"])
        for id in ["crashed", "cancelled", "deleted", "retried"] {
            try await queue.add(id)
            try await queue.follow("undo-\(id)", after: id, "compensate")
        }
        let worker = try await queue.worker("survivor", lease: .seconds(3600))
        #expect(try await queue.worker("dying", lease: .seconds(2)).claim(1) == ["crashed"])
        #expect(try await queue.fcall(["cancel", "cancelled"]) == "[cancelled, cancelled]")
        #expect(try await queue.fcall(["delete", "deleted"]) == "[deleted, deleted]")
        try await queue.advance(2)
        try await worker.cycle()
        #expect(try await queue.state("crashed") == "discarded")
        for id in ["crashed", "cancelled", "deleted"] { #expect(try await queue.state("undo-\(id)") == "available") }
        // Not an end: it runs again.
        #expect(try await worker.claim(1) == ["retried"])
        try await worker.cycle(0, settling: ["retried"], .retry(after: .seconds(1), error: #""e""#))
        #expect(try await queue.state("undo-retried") == "suspended")
        #expect(try await queue.audit() == [])
    }

    @Test func aCompensationIsToldOfAnEndInAnotherQueue() async throws {
        let films = try await LuaQueue("films")
        let web = try await films.other("web")
        let worker = try await films.worker()
        let there = try await web.worker()
        try await films.add("p")
        for id in ["good", "bad"] {
            try await films.follow(id, after: "p", more: #""target":"web""#)
            try await films.follow("undo-\(id)", after: id, "compensate")
        }
        let messages = try await films.end("p", worker)
        try await films.deliver(films.moved(messages), to: web)
        try await films.acknowledge(messages)
        #expect(try await films.state("undo-good") == "suspended")
        _ = try await web.end("good", there)
        _ = try await web.end("bad", there, .discarded(error: #""e""#))
        _ = try await films.fcall(["tell", "completed", "good"])
        _ = try await films.fcall(["tell", "discarded", "bad"])
        #expect(try await films.state("undo-good") == "cancelled")
        #expect(try await films.state("undo-bad") == "available")
        #expect(try await films.audit() == [])
        #expect(try await web.audit() == [])
    }

    @Test func aDelayCountsFromTheEndAndATimeStands() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        try await queue.follow("f", after: "p", more: #""delay":5000"#)
        try await queue.follow("at", after: "p", more: #""at":\#(queue.start + 60_000)"#)
        try await queue.follow("past", after: "p", more: #""at":\#(queue.start + 1000)"#)
        try await queue.advance(10)
        _ = try await queue.end("p", worker)
        #expect(try await queue.key("scheduled") == "T+15000 f\nT+60000 at")
        #expect(try await queue.state("past") == "available")
        #expect(try await queue.audit() == [])
    }

    @Test func heldOnesGoWhenTheParentCompletesAfterAll() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        try await queue.follow("f", after: "p", "hold")
        _ = try await queue.end("p", worker, .discarded(error: #""e""#))
        #expect(try await queue.state("f") == "suspended")
        _ = try await queue.fcall(["retry", "p"])
        _ = try await queue.end("p", worker)
        #expect(try await queue.state("f") == "available")
        #expect(try await queue.audit() == [])
    }

    @Test func aRowFallsAStepACallAndStopsWhereSomebodyIgnores() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("j0")
        for step in 1...6 { try await queue.follow("j\(step)", after: "j\(step - 1)", step == 5 ? "ignore" : "cancel") }
        _ = try await queue.fcall(["cancel", "j0"])
        for _ in 0..<5 { try await worker.cycle() }
        var states: [String?] = []
        for step in 0...6 { states.append(try await queue.state("j\(step)")) }
        #expect(states == Array(repeating: "cancelled", count: 5) + ["available", "suspended"])
        _ = try await queue.end("j5", worker)
        #expect(try await queue.state("j6") == "available")
        #expect(try await queue.key("outbox") == nil)
        #expect(try await queue.key("messages") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func manyAreToldOverSeveralCalls() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        try await queue.followers(1200, "f", after: "p")
        _ = try await queue.end("p", worker)
        #expect(try await queue.status("available") == 500)
        // The rest is not forgotten when the parent is, nor told twice when it ends again.
        #expect(try await queue.fcall(["delete", "p"]) == "[p, deleted]")
        try await worker.cycle()
        #expect(try await queue.status("available") == 1000)
        try await worker.cycle()
        #expect(try await queue.status("available") == 1200)
        #expect(try await queue.status("suspended") == 0)
        #expect(try await queue.key("after:p") == nil)
        #expect(try await queue.key("messages") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func manyParentsThatEndTogetherMakeNoLongCall() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add(10, "p")
        for parent in 0..<10 { try await queue.followers(100, "f\(parent)-", after: "p\(parent)") }
        try await worker.cycle(10)
        try await worker.cycle(0, settling: (0..<10).map { "p\($0)" })
        #expect(try await queue.status("available") == 500)
        try await worker.cycle()
        try await worker.cycle()
        #expect(try await queue.status("available") == 1000)
        #expect(try await queue.audit() == [])
    }

    @Test func parentAndFollowerMayComeInOneCall() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        _ = try await queue.fcall([
            "sluice_enqueue", "a", #"{"kind":"k"}"#, "", "b", #"{"kind":"k"}"#, #"{"after":{"id":"a"}}"#, "c", #"{"kind":"k"}"#,
            #"{"after":{"id":"b"}}"#,
        ])
        #expect(try await queue.state("b") == "suspended")
        _ = try await queue.end("a", worker)
        _ = try await queue.end("b", worker)
        #expect(try await queue.state("c") == "available")
        // One whose parent is cancelled by the very call.
        try await queue.add("bad")
        _ = try await queue.end("bad", worker, .discarded(error: ""))
        _ = try await queue.fcall([
            "sluice_enqueue", "d", #"{"kind":"k"}"#, #"{"after":{"id":"bad"}}"#, "e", #"{"kind":"k"}"#, #"{"after":{"id":"d"}}"#,
        ])
        #expect(try await queue.state("d") == "cancelled")
        #expect(try await queue.state("e") == "cancelled")
        #expect(try await queue.audit() == [])
    }

    @Test func anOperatorsWordComesBeforeTheParents() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        for id in ["cancel", "delete", "retry", "reschedule"] { try await queue.follow(id, after: "p", "hold") }
        #expect(try await queue.fcall(["cancel", "cancel"]) == "[cancel, cancelled]")
        #expect(try await queue.fcall(["delete", "delete"]) == "[delete, deleted]")
        #expect(try await queue.fcall(["retry", "retry"]) == "[retry, available]")
        #expect(try await queue.fcall(["reschedule", "5", "reschedule"]) == "[reschedule, suspended]")
        #expect(try await queue.audit() == [])
        _ = try await queue.fcall(["delete", "retry"])
        _ = try await queue.end("p", worker)
        #expect(try await queue.state("cancel") == "cancelled")
        #expect(try await queue.state("delete") == nil)
        #expect(try await queue.state("reschedule") == "available")
        #expect(try await queue.audit() == [])
    }

    @Test func aFollowerThatCameWentAndCameAgainGoesOnce() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        for _ in 0..<3 {
            try await queue.follow("f", after: "p")
            _ = try await queue.fcall(["delete", "f"])
        }
        try await queue.follow("f", after: "p")
        _ = try await queue.end("p", worker)
        #expect(try await queue.key("wait:")?.split(separator: "\n").count == 1)
        #expect(try await worker.claim(5) == ["f"])
        #expect(try await queue.audit() == [])
    }

    @Test func whatStandsInTheWayIsTold() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("p")
        try await queue.follow("f", after: "p", "hold")
        try await queue.follow("away", after: "p", more: #""target":"other""#)
        func reason(_ id: String) async throws -> [String] {
            try await queue.call(Explain(JobID(known: id))).map { $0.code + " " + String(decoding: $0.detail, as: UTF8.self) }
        }
        let waits = try #require(try await reason("f").first)
        #expect(waits.hasPrefix("waits ") && waits.contains(#""state":"available""#) && waits.contains(#""job":"p""#))
        #expect(try await reason("away").first?.contains(#""queue":"other""#) == true)
        try await queue.follow("g", after: "p", "ignore", more: #""target":"other""#)
        _ = try await queue.end("p", worker, .discarded(error: ""))
        let held = try #require(try await reason("f").first)
        #expect(held.hasPrefix("held ") && held.contains(#""state":"discarded""#))
        let moving = try #require(try await reason("g").first)
        #expect(moving.hasPrefix("moving ") && moving.contains(#""queue":"other""#))
        #expect(moving.contains("\"since\":\(queue.start)"))
    }

    @Test func refusesNonsense() async throws {
        let queue = try await LuaQueue()
        try await queue.add("p")
        for (options, message) in [
            (#"{"after":"p"}"#, "after must be"), (#"{"after":{"id":"p","failed":"die"}}"#, "failed must be"),
            (#"{"after":{"id":"p"},"target":"a b"}"#, "target must be the name of a queue"),
            (#"{"target":"b"}"#, "target needs after"),
            (#"{"links":["wait x"]}"#, "unknown link"), (#"{"links":[]}"#, "links must be"),
        ] {
            try await queue.checkRefused(["sluice_enqueue", "f", #"{"kind":"k"}"#, options], message)
        }
    }
}
