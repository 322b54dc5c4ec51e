import SluiceCore
import SluiceStore
import Testing

/// Fingerprints damaged on purpose, and what `repair` makes of them.
@Suite(.timeLimit(.minutes(10)))
struct UniqueRepairTests {
    /// `wait` owns `kw`; `start` owns `ks` until its start; `run` owns `kr`, runs, and is to run again as `more`; `done` has ended
    /// and holds `kd` for an hour.
    private func sound() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        try await queue.unique("done", "kd", #""period":3600000"#)
        let worker = try await queue.worker()
        try await worker.cycle(1)
        try await worker.cycle(0, settling: ["done"])
        try await queue.unique("run", "kr")
        try await worker.cycle(1)
        #expect(try await queue.unique("more", "kr", #""conflict":"replace""#, args: "9") == "[next run]")
        try await queue.unique("wait", "kw")
        try await queue.unique("start", "ks", #""until":"start""#)
        #expect(try await queue.audit() == [])
        return queue
    }

    /// What is done, and what a key holds after the repair.
    private static let damages: [(words: [String], key: String, left: String)] = [
        (["HDEL", "unique", "kw"], "unique", "kd = done\nkr = run\nks = start\nkw = wait"),
        (["DEL", "unique"], "unique", "kr = run\nks = start\nkw = wait"),
        (["HSET", "unique", "kx", "ghost"], "unique", "kd = done\nkr = run\nks = start\nkw = wait"),
        (["HSET", "unique", "kw", "ghost"], "unique", "kd = done\nkr = run\nks = start\nkw = wait"),
        (["HSET", "unique", "kx", "wait"], "unique", "kd = done\nkr = run\nks = start\nkw = wait"),
        (["HSET", "unique", "kw", "done"], "unique", "kd = done\nkr = run\nks = start\nkw = wait"),
        (["HDEL", "fingerprint", "wait"], "fingerprint", "done = @T+3600000 kd\nrun = kr\nstart = >ks\nwait = kw"),
        (["HDEL", "fingerprint", "done"], "fingerprint", "done = @T+3600000 kd\nrun = kr\nstart = >ks\nwait = kw"),
        (["HSET", "fingerprint", "run", ">kr"], "unique", "kd = done\nks = start\nkw = wait"),
        (["ZREM", "unique_ends", "kd"], "unique_ends", "T+3600000 kd"),
        (["ZADD", "unique_ends", "9e12", "kw"], "unique_ends", "T+3600000 kd"),
        (["ZADD", "unique_ends", "9e12", "kx"], "unique_ends", "T+3600000 kd"),
        (["HDEL", "executing", "run"], "unique", "kd = done\nkr = run\nks = start\nkw = wait"),
    ]

    @Test(arguments: damages.indices) func eachFingerprintHasItsOwner(_ index: Int) async throws {
        let (words, key, left) = Self.damages[index]
        let queue = try await sound()
        try await queue.damage(words)
        let planned = try await queue.repairPlan()
        #expect(planned.map { $0.invariant + " " + $0.what } == (try await queue.audit()), "\(words)")
        #expect(!planned.isEmpty && planned.allSatisfy { !$0.cure.isEmpty }, "\(words)")
        try await queue.repair()
        #expect(try await queue.audit() == [], "\(words)")
        #expect(try await queue.key(key) == left, "\(words)")
        try await queue.runToTheEnd("\(words)")
    }

    @Test func whatWasToRunAgainDoesSo() async throws {
        let queue = try await sound()
        try await queue.damage(["HDEL", "executing", "run"])
        try await queue.repair()
        #expect(try await queue.arguments("run") == "9")
        // An ended one is succeeded by a new job, which owns the fingerprint.
        try await queue.damage(["HSET", "next", "done", #"new replace 2:{}{"kind":"k","args":7}"#])
        try await queue.repair()
        #expect(try await queue.arguments("new") == "7")
        #expect(try await queue.redis("HGET", "unique", "kd") == "new")
        #expect(try await queue.audit() == [])
        // One that waits runs anyway.
        try await queue.damage(["HSET", "next", "wait", "x again 2:{}"])
        try await queue.repair()
        #expect(try await queue.arguments("wait") == "1")
        try await queue.runToTheEnd("next")
    }

    @Test func twoThatHaveBecomeEqualAreLeftToRun() async throws {
        let queue = try await sound()
        try await queue.damage(["HSET", "fingerprint", "wait", "ks"])
        let found = try await queue.repair()
        #expect(found.contains { $0.what == "wait has not ended, but ks is owned by start" && $0.cure.isEmpty })
        #expect(try await queue.audit() == ["I5 wait has not ended, but ks is owned by start"])
        try await queue.runToTheEnd("two")
    }
}
