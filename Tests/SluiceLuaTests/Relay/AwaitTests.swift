import SluiceCore
import SluiceStore
import Testing

/// Clients that wait for the end of jobs.
@Suite(.timeLimit(.minutes(10)))
struct AwaitTests {
    private static let states: [(state: String, outcome: Settlement.Outcome, detail: String)] = [
        ("completed", .completed(result: Array("[1]".utf8)), "[1]"), ("cancelled", .cancelled(error: #""c""#), #""error":"c""#),
        ("discarded", .discarded(error: #""d""#), #""error":"d""#),
    ]

    @Test(arguments: states.indices) func theClientHearsOfTheEndOnce(_ index: Int) async throws {
        let (state, outcome, detail) = Self.states[index]
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a")
        for _ in 0..<2 { #expect(try await queue.fcall(["await", "me", "0", "a"]) == "[a, available, ]") }
        _ = try await queue.fcall(["await", "other", "0", "a"])
        _ = try await queue.end("a", worker, outcome)
        #expect(try await queue.key("inbox:me") == "(expires)\na \(state)")
        #expect(try await queue.key("inbox:other") == "(expires)\na \(state)")
        #expect(try await queue.key("links") == nil)
        let reply = try await queue.fcall(["await", "me", "0", "a"])
        #expect(reply.hasPrefix("[a, \(state), ") && reply.contains(detail))
        #expect(try await queue.audit() == [])
    }

    @Test func whoForgetsHearsNothing() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a")
        _ = try await queue.fcall(["await", "me", "0", "a"])
        _ = try await queue.fcall(["await", "me", "1", "a"])
        #expect(try await queue.key("links") == nil)
        _ = try await queue.end("a", worker)
        #expect(try await queue.key("inbox:me") == nil)
        #expect(try await queue.fcall(["await", "me", "1", "none"]) == "[none, missing, ]")
        try await queue.checkRefused(["await", "me", "0"], "the call needs a client")
    }

    @Test func aJobThatIsDeletedOrMovesAwayIsToldOf() async throws {
        let queue = try await LuaQueue()
        let away = try await queue.other("away")
        let worker = try await queue.worker()
        try await queue.add("p", "gone")
        try await queue.follow("f", after: "p", more: #""target":"away""#)
        _ = try await queue.fcall(["await", "me", "0", "f", "gone"])
        _ = try await queue.fcall(["delete", "gone"])
        let messages = try await queue.end("p", worker)
        try await queue.deliver(queue.moved(messages), to: away)
        try await queue.acknowledge(messages)
        #expect(try await queue.key("inbox:me") == "(expires)\ngone deleted\nf moved")
        #expect(try await away.fcall(["await", "me", "0", "f"]) == "[f, available, ]")
        #expect(try await queue.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test func whatOthersWaitForIsKeptAnHourWhateverTheCount() async throws {
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", "completed", "0 0"])
        let worker = try await queue.worker()
        try await queue.add("plain", "result", "awaited", "parent")
        try await queue.follow("f", after: "parent", "hold")
        _ = try await queue.fcall(["await", "me", "0", "awaited"])
        try await worker.cycle(9)
        try await worker.cycle(0, settling: ["plain", "awaited", "parent"])
        try await worker.cycle(0, settling: ["result"], .completed(result: Array("1".utf8)))
        #expect(try await queue.state("plain") == nil)
        try await queue.advance(3590)
        try await worker.resync()
        try await worker.cycle()
        for id in ["result", "awaited", "parent"] { #expect(try await queue.state(id) == "completed") }
        let ended = try #require(try await queue.call(FindJob(JobID(known: "result")))?["score"].flatMap { Int($0) })
        #expect(ended == queue.start)
        try await queue.advance(20)
        try await worker.cycle()
        for id in ["result", "awaited", "parent"] { #expect(try await queue.state(id) == nil) }
        #expect(try await queue.key("after:parent") == nil)
        #expect(try await queue.audit() == [])
    }
}
