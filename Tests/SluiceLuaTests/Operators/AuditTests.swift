import SluiceCore
import SluiceStore
import Testing

/// Data damaged on purpose, one way for each invariant, and what `audit` says of it.
@Suite(.timeLimit(.minutes(10)))
struct AuditTests {
    /// `run` runs on `w`, `wait` waits in its lane, `later` for its time, `done` has ended.
    private func sound() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        try await queue.add("run", "done")
        let worker = try await queue.worker()
        try await worker.cycle(2)
        try await worker.cycle(0, settling: ["done"])
        try await queue.add("wait", options: #"{"lane":"h=x"}"#)
        try await queue.add("later", options: #"{"delay":60000}"#)
        #expect(try await queue.audit() == [])
        return queue
    }

    private static let damages: [(command: [String], found: [String])] = [
        (["HDEL", "executing", "run"], ["I1 run is in no index", "I7 w holds run, which does not run there"]),
        (["ZREM", "scheduled", "later"], ["I1 later is in no index"]),
        (["ZADD", "retryable", "1", "done"], ["I1 done is in retryable and completed"]),
        (["ZADD", "wait:", "1", "run"], ["I1 run is in executing and available", "I4 lane \"\" has jobs, but is not listed"]),
        (["ZADD", "discarded", "1", "ghost"], ["I1 discarded holds ghost, but there is no such job"]),
        (
            ["HDEL", "spec", "later"],
            [
                "I8 4 enqueued, but 3 are there and 0 were removed", "I1 scheduled holds later, but there is no such job",
                "I6 column created has an entry for later, but there is no such job",
            ]
        ),
        (["HINCRBY", "stats", "removed", "1"], ["I8 4 enqueued, but 4 are there and 1 were removed"]),
        (["ZREM", "ready", "h=x"], ["I4 lane \"h=x\" has jobs, but is neither ready nor parked"]),
        (["ZREM", "lanes", "h=x"], ["I4 lane \"h=x\" has jobs, but is not listed", "I4 lane \"h=x\" is ready, but not listed"]),
        (
            ["HSET", "where", "h=x", "h=x"],
            [
                "I4 lane \"h=x\" is not parked at h=x, although `where` says so",
                "I4 lane \"h=x\" is both ready and parked at h=x",
                "I4 gate h=x is open and has parked lanes, but no look at it is due",
            ]
        ),
        (["ZADD", "ready", "0", "h=x"], ["I4 lane \"h=x\" is not sorted by its first job"]),
        (["ZADD", "lanes", "0", "h=x"], ["I4 lane \"h=x\" is not sorted by its first job"]),
        (["SREM", "held:w", "run"], ["I7 run runs on w, which does not hold it"]),
        (["SADD", "held:w", "wait"], ["I7 w holds wait, which does not run there"]),
        (["SADD", "cancel:w", "wait"], ["I7 w is to cancel wait, which it does not hold"]),
        (["ZREM", "workers", "w"], ["I7 run runs on w, which is unknown"]),
        (["ZADD", "suspects", "1", "later"], ["I1 suspect later is not retryable"]),
        (["HSET", "errors", "ghost", "{}"], ["I6 column errors has an entry for ghost, but there is no such job"]),
        (["HSET", "run", "ghost", "{}"], ["I6 column run has an entry for ghost, but there is no such job"]),
    ]

    @Test(arguments: damages.indices) func names(_ index: Int) async throws {
        let (command, found) = Self.damages[index]
        let queue = try await sound()
        try await queue.redis(command[0], command[1], command.dropFirst(2).first ?? "", command.dropFirst(3).first)
        for line in try await queue.audit() where !found.contains(line) { Issue.record("found as well: \(line)") }
        for line in found { #expect(try await queue.audit().contains(line), "\(command)") }
    }

    @Test func anAuditGoesThroughManyPages() async throws {
        let queue = try await LuaQueue()
        try await queue.add(900, "j")
        try await queue.redis("ZREM", "wait:", "j850")
        let pages = try await queue.auditPages()
        #expect(pages.filter { $0.cursor.hasPrefix("2|") }.count > 2)
        #expect(pages.reduce(0) { $0 + $1.reply.checked } >= 900)
        #expect(try await queue.audit() == ["I1 j850 is in no index"])
    }

    @Test func aCursorThatIsNoneIsRefused() async throws {
        let queue = try await LuaQueue()
        for cursor in ["x", "99|0", "1"] { try await queue.checkRefused(["audit", cursor], "no such cursor") }
    }
}
