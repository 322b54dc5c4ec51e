import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Entries that recur, damaged on purpose, and what `repair` makes of them.
@Suite(.timeLimit(.minutes(10)))
struct CronRepairTests {
    /// `e` has its next tick in a minute, `p` is paused.
    private func sound() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        try await queue.put("e")
        try await queue.put("p")
        #expect(try await queue.fcall(["cron_pause", "p", "why"]) == "1")
        #expect(try await queue.audit() == [])
        return queue
    }

    private static let damages: [[String]] = [
        ["ZREM", "cron_next", "e"], ["DEL", "cron_next"], ["ZADD", "cron_next", "5", "p"], ["ZADD", "cron_next", "5", "ghost"],
        ["DEL", "timed"], ["ZADD", "timed", "9e12", "@cron"], ["DEL", "cron_state:e"], ["DEL", "cron_state:p"],
        ["HDEL", "cron_state:e", "revision"],
    ]

    @Test(arguments: damages.indices) func whatRecursGoesOn(_ index: Int) async throws {
        let damage = Self.damages[index]
        let queue = try await sound()
        // Not at a second's start, where ticks are.
        try await queue.advance(0.5)
        try await queue.damage(damage)
        let planned = try await queue.repairPlan()
        #expect(planned.map { $0.invariant + " " + $0.what } == (try await queue.audit()), "\(damage)")
        #expect(!planned.isEmpty && planned.allSatisfy { !$0.cure.isEmpty }, "\(damage)")
        try await queue.repair()
        #expect(try await queue.audit() == [], "\(damage)")
        try await fire(queue)
        try await queue.advance(60)
        try await fire(queue)
        #expect(try await queue.outcomes("e") == ["60 enqueued"], "\(damage)")
        #expect(try await queue.outcomes("p") == [], "\(damage)")
        #expect(try await queue.call(CronList(after: nil)).items.contains { $0.name == "p" && !$0.paused.isEmpty }, "\(damage)")
    }

    private func fire(_ queue: LuaQueue) async throws {
        try await queue.queues.store.fireCron(on: queue.name) { item, error in Issue.record("\(item.name): \(error)") }
    }

    @Test func aHistoryThatIsTooLongIsCut() async throws {
        let queue = try await sound()
        for _ in 0..<120 { try await queue.redis("LPUSH", "cron_history:e", "{}") }
        #expect(try await queue.audit() == ["I10 the history of cron entry e is too long"])
        try await queue.repair()
        #expect(try await queue.audit() == [])
    }
}
