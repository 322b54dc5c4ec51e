import SluiceCore
import SluiceStore
import Testing

/// Whatever says how long a job waits, it neither runs again and again at once, nor is it put off for ever.
@Suite(.timeLimit(.minutes(10)))
struct WaitBoundTests {
    private static let day = 86_400_000
    private static let year = 365 * day

    /// The words are as the function reads them: a client need not be ours.
    @Test(arguments: [
        ("snooze", "0", 1000), ("snooze", "-5", 1000), ("snooze", "", 1000), ("snooze", "2500", 2500),
        ("snooze", "99999999999999", year), ("wait", "0 0", 1000), ("wait", "1 1 \"e\"", 1000), ("wait", "2000 300000", 2000),
        ("unavailable", "? 0 0 \"e\"", 1000), ("unavailable", "? 1 0 \"e\"", 1000), ("unavailable", "? 7000 0 \"e\"", 7000),
        ("unavailable", "? 99999999999999 0 \"e\"", day), ("retry", "0 \"e\"", 1), ("retry", "-1 \"e\"", 1),
        ("retry", "99999999999999 \"e\"", year),
    ])
    func aWaitIsWithinItsBounds(outcome: String, detail: String, expected: Int) async throws {
        let queue = try await LuaQueue()
        #expect(try await due(queue, outcome, detail) == expected)
    }

    @Test(arguments: ["6 0 0 k", "6 1 1 k", "1000 0 0 k"]) func looksAreATenthOfASecondApart(_ detail: String) async throws {
        let queue = try await LuaQueue()
        // Give or take a tenth, so that jobs spread.
        #expect((90...110).contains(try await due(queue, "poll", detail)))
    }

    /// After how many ms a run that ends so is due again.
    private func due(_ queue: LuaQueue, _ outcome: String, _ detail: String) async throws -> Int {
        try await queue.add("a")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        let fence = try #require(try await worker.cycle(1).jobs.first?.fence)
        _ = try await queue.fcall(["cycle", "w", "1", "2", "0", "12000", "\(fence)", outcome, "1", "1", "a", detail])
        let state = outcome == "retry" ? "retryable" : "scheduled"
        return try #require(try await queue.redis("ZSCORE", state, "a").flatMap { Int($0) }) - queue.start
    }
}
