import SluiceCore
import SluiceStore
import Testing

/// How many jobs may wait in a queue, and what becomes of those beyond.
@Suite(.timeLimit(.minutes(10)))
struct DepthTests {
    private func limited(_ most: Int) async throws -> LuaQueue {
        let queue = try await LuaQueue()
        try await queue.declare("depth", "\(most)")
        return queue
    }

    /// What an enqueue of a client answers, each job by its id.
    private func enqueue(_ queue: LuaQueue, _ call: Int, _ ids: String..., options: [String] = []) async throws -> String {
        try await queue.fcall(["enqueue", "p", "\(call)", "\(ids.count)"] + ids.flatMap { [$0, #"{"kind":"k"}"#] } + options)
    }

    @Test func whatIsBeyondIsRefused() async throws {
        let queue = try await limited(3)
        #expect(try await enqueue(queue, 1, "a", "b") == "[]")
        #expect(try await enqueue(queue, 2, "c", "d", "a", "e") == "[1, full, 1000, 2, exists, a, 3, full, 1000]")
        // Repeated, the call is answered as before, and changes nothing.
        #expect(try await enqueue(queue, 2, "c", "d", "a", "e") == "[1, full, 1000, 2, exists, a, 3, full, 1000]")
        #expect(try await queue.status("available") == 3)
        #expect(try await queue.status("depth") == 3)
        #expect(try await queue.status("total_full") == 2)
        #expect(try await queue.fcall(["sluice_enqueue", "d", #"{"kind":"k"}"#, ""]) == "[full 1000]")
        #expect(try await queue.audit() == [])
    }

    @Test func allThatWaitsCounts() async throws {
        let queue = try await limited(4)
        try await queue.add("run", "done")
        let worker = try await queue.worker()
        try await worker.cycle(2)
        try await worker.cycle(0, settling: ["done"])
        // What runs, and what has ended, does not.
        try await queue.add("a", "b")
        try await queue.add("later", options: #"{"delay":60000}"#)
        try await queue.follow("follow", after: "run")
        #expect(try await enqueue(queue, 1, "x").hasPrefix("[0, full, "))
        // Places are free as soon as jobs are claimed.
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await enqueue(queue, 2, "x", "y").hasPrefix("[1, full, "))
        // One that comes to wait again takes nobody's place, nor does it find none.
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(1), error: #"{"error":"e"}"#))
        #expect(try await queue.status("retryable") == 1)
        #expect(try await queue.audit() == [])
    }

    @Test func whatWasAcceptedBeforeGoesIn() async throws {
        let queue = try await limited(1)
        try await queue.add("a")
        try await queue.follow("b", after: "a")
        #expect(try await queue.state("b") == "suspended")
        #expect(try await queue.fcall(["deliver", "\(queue.start + 60_000)", "1", "d", #"{"kind":"k"}"#]) == "1")
        try await queue.put("e", next: 60)
        try await queue.advance(60)
        #expect(try await queue.fire(expected: 60, following: 120, [60]) == "[fired, 1, 0]")
        #expect(try await queue.fcall(["retry", "a"]) == "[a, available]")
        #expect(try await queue.status("available") == 3)
        #expect(try await queue.audit() == [])
    }

    @Test func aFollowerOfWhatWasRefusedIsRefused() async throws {
        let queue = try await limited(1)
        let after = #"{"after":{"id":"b","failed":"ignore"}}"#
        #expect(try await enqueue(queue, 1, "a", "b", "c", options: ["2", after]) == "[1, full, 1000, 2, full, 1000]")
        #expect(try await enqueue(queue, 2, "x", "c", options: ["1", after]) == "[0, full, 1000, 1, orphan, c]")
    }

    @Test func anEqualJobTakesNoPlace() async throws {
        let queue = try await limited(1)
        #expect(try await queue.unique("a", "k") == "[added a]")
        #expect(try await queue.unique("b", "k") == "[exists a]")
        #expect(try await queue.unique("b", "k", #""conflict":"replace""#, args: "2") == "[replaced a]")
        #expect(try await queue.unique("b", "other") == "[full 1000]")
        // Who was refused owns nothing.
        #expect(try await queue.key("unique") == "k = a")
        #expect(try await queue.audit() == [])
    }

    @Test func whoIsRefusedIsToldByThePace() async throws {
        let queue = try await limited(100)
        let worker = try await queue.worker()
        try await queue.add(100, "j")
        // 50 in 10 s of the minute that has begun, and none in the one before.
        for _ in 0..<5 {
            try await queue.advance(2)
            let ids = try await worker.claim(10)
            try await worker.cycle(0, settling: ids)
        }
        try await queue.add(50, "k")
        let one = try await enqueue(queue, 1, "x")
        let two = try await enqueue(queue, 2, "a", "b")
        func wait(_ reply: String) -> Int { Int(reply.split(separator: ", ").dropFirst(2).first?.filter(\.isNumber) ?? "") ?? 0 }
        // The time counts that has passed of this minute, and the minute before.
        #expect((1400...2600).contains(wait(one)), "\(one)")
        #expect(abs(wait(two) - 2 * wait(one)) <= 2, "\(one) \(two)")
        // Never longer than that, however many there are.
        #expect(
            try await queue.fcall(["enqueue", "p", "3", "900"] + (0..<900).flatMap { ["z\($0)", "{}"] }).contains("full, 10000"))
    }

    @Test func operatorsChangeIt() async throws {
        let queue = try await limited(1)
        try await queue.add("a")
        #expect(try await enqueue(queue, 1, "b") == "[0, full, 1000]")
        try await queue.override("depth", "2")
        #expect(try await enqueue(queue, 2, "b", "c") == "[1, full, 1000]")
        try await queue.override("depth", "none")
        #expect(try await enqueue(queue, 3, "c") == "[]")
        #expect(try await queue.fcall(["restore", "depth"]) == "1")
        #expect(try await enqueue(queue, 4, "d") == "[0, full, 1000]")
        // It stops nothing that is there.
        let worker = try await queue.worker()
        #expect(try await worker.drain().sorted() == ["a", "b", "c"])
        for (name, value) in [("depth", "0"), ("depth/host", "3"), ("depth/host=a", "3"), ("depth", "1/2")] {
            #expect(try await queue.fcall(["override", name, value]).hasPrefix("invalidArgument"), "\(name) \(value)")
        }
    }
}
