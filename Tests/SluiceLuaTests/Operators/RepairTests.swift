import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Data damaged on purpose, and what `repair` makes of it.
@Suite(.timeLimit(.minutes(10)))
struct RepairTests {
    /// `run` and `free` run on `w`, `run` at the gate `h=x`; `wait` waits in the lane of that gate, `next` in another lane, `later`
    /// for its time, `follow` for `later`; `dated` has a deadline; `done` has ended.
    private func sound() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/h", "1")
        try await queue.add("done")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        try await worker.cycle(0, settling: ["done"])
        try await queue.add("run", options: #"{"lane":"h=x"}"#)
        try await queue.add("free")
        try await worker.cycle(2)
        try await queue.add("wait", options: #"{"lane":"h=x"}"#)
        try await queue.add("next", options: #"{"lane":"h=y"}"#)
        try await queue.add("later", options: #"{"delay":60000}"#)
        try await queue.add("follow", options: #"{"after":{"id":"later","failed":"ignore"}}"#)
        try await queue.add("dated", options: #"{"delay":1000,"deadline":900000}"#)
        #expect(try await queue.audit() == [])
        return queue
    }

    private static let damages: [[String]] = [
        ["HDEL", "executing", "run"], ["DEL", "executing"], ["ZREM", "scheduled", "later"], ["ZREM", "suspended", "follow"],
        ["ZREM", "completed", "done"], ["ZREM", "wait:h=y", "next"], ["ZADD", "retryable", "1", "done"],
        ["ZADD", "wait:", "1", "free"], ["ZADD", "scheduled", "1", "free"], ["ZADD", "discarded", "1", "later"],
        ["ZADD", "discarded", "1", "ghost"], ["ZADD", "wait:h=y", "1", "ghost"], ["HDEL", "spec", "done"],
        ["HDEL", "spec", "wait"], ["HDEL", "spec", "run"], ["HINCRBY", "stats", "removed", "1"],
        ["HINCRBY", "stats", "enqueued", "-3"], ["ZREM", "ready", "h=y"], ["DEL", "ready"], ["ZREM", "lanes", "h=y"],
        ["DEL", "lanes"], ["HSET", "where", "h=y", "h=y"], ["ZADD", "ready", "0", "h=y"], ["ZADD", "lanes", "0", "h=y"],
        ["ZADD", "ready", "0", "h=nobody"], ["SREM", "gate:h=x", "run"], ["SADD", "gate:h=x", "wait"],
        ["SADD", "gate:h=y", "done"],
        ["SREM", "held:w", "run"], ["SADD", "held:w", "wait"], ["SADD", "cancel:w", "wait"], ["ZREM", "workers", "w"],
        ["ZADD", "suspects", "1", "later"], ["HSET", "errors", "ghost", "{}"], ["HSET", "run", "ghost", "{}"],
        ["ZREM", "deadlines", "dated"], ["DEL", "deadlines"], ["ZADD", "deadlines", "1", "ghost"],
        ["ZADD", "deadlines", "9000000000000", "dated"], ["ZADD", "deadlines", "1", "dated"], ["HDEL", "deadline", "dated"],
        ["HSET", "deadline", "ghost", "5"], ["ZREM", "timed", "@deadlines"], ["ZADD", "timed", "9000000000000", "@deadlines"],
    ]

    @Test(arguments: damages.indices) func nothingIsLost(_ index: Int) async throws {
        let queue = try await sound()
        let damage = Self.damages[index]
        try await queue.damage(damage)
        let jobs = try await queue.redis("HLEN", "spec")
        let planned = try await queue.repairPlan()
        #expect(planned.map { $0.invariant + " " + $0.what } == (try await queue.audit()), "\(damage)")
        #expect(!planned.isEmpty && planned.allSatisfy { !$0.cure.isEmpty }, "\(damage)")
        try await queue.repair()
        #expect(try await queue.audit() == [], "\(damage)")
        #expect(try await queue.redis("HLEN", "spec") == jobs, "\(damage)")
        try await queue.runToTheEnd("\(damage)")
    }

    /// The place of a job that is no more is given up, and whoever waited for it runs.
    @Test func aPlaceThatIsFreeAgainIsPassedOn() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/h", "1")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        try await queue.redis("SADD", "gate:h=x", "ghost")
        try await queue.add("a", options: #"{"lane":"h=x"}"#)
        #expect(try await worker.cycle(1).jobs.isEmpty)
        #expect(try await queue.repair().count == 1)
        #expect(try await worker.cycle(1).jobs.map(\.id.text) == ["a"])
        #expect(try await queue.audit() == [])
    }

    @Test func aSoundQueueIsLeftAlone() async throws {
        let queue = try await sound()
        let before = try await queue.queues.dump()
        #expect(try await queue.repair().isEmpty)
        #expect(try await queue.queues.dump() == before)
    }
}
