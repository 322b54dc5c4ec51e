import SluiceCore
import SluiceStore
import Testing

/// Each outcome, and each other thing a cycle does, against the whole of the data.
@Suite(.timeLimit(.minutes(10)))
struct CycleTests {
    private let idle = ["12000"]

    /// A queue whose worker `w` runs `a`, claimed at T+0 with fence F+0, after its first call.
    private func running(options: String = "") async throws -> LuaQueue {
        let queue = try await LuaQueue()
        try await queue.add("a", options: options)
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        return queue
    }

    private func settle(_ queue: LuaQueue, _ outcome: String, _ detail: String? = nil) async throws -> [String] {
        let fence = try #require(try await queue.redis("HGET", "config", "fence"))
        return ["cycle", "w", "1", "2", "0"] + idle + [fence, outcome, "1", detail == nil ? "0" : "1", "a"]
            + (detail.map { [$0] } ?? [])
    }

    @Test func claims() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b")
        try await queue.add("c", options: #"{"lane":"h=x","priority":7}"#)
        _ = try await queue.worker()
        try await queue.check(
            ["cycle", "w", "1", "1", "2"] + idle,
            """
            = [[T+0, F+0, 2, -1, 0, 0], [], [], [a, b], [{"kind":"k"}, {"kind":"k"}], [5/T+0.0, 5/T+0.1], [], [], [], []]
            + aged: ! = 1 -1
            + config: fence = F+0
            + events: from=available to=executing ids=a b worker=w
            + executing: a = F+0 w 1 T+0 5/T+0.0 -
            + executing: b = F+0 w 1 T+0 5/T+0.1 -
            + held:w: a
            + held:w: b
            - lanes: 0/T+0.0
            - ready: 2814749767106560
            + stats: started = 2
            + vtime: 0
            - wait:: 5/T+0.0 a
            - wait:: 5/T+0.1 b
            - worker:w: call = 0
            + worker:w: call = 1
            """)
    }

    @Test func anIdleWorkerIsGivenTheWatch() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"delay":5000}"#)
        _ = try await queue.worker()
        try await queue.check(
            ["cycle", "w", "1", "1", "2"] + idle,
            """
            = [[T+0, 0, 0, 5000, 0, 0], [], [], [], [], [], [], [], [], []]
            + watch: (expires)
            + watch: T+5000 w
            - worker:w: call = 0
            + worker:w: call = 1
            """)
    }

    @Test func completed() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "completed"),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + completed: T+0 a
            + events: from=executing to=completed ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + stats: completed = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func completedWithAResult() async throws {
        let queue = try await running(options: #"{"lane":"h=x"}"#)
        try await queue.check(
            try await settle(queue, "completed", #"{"n":1}"#),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + completed: T+3600000.5 a
            + events: from=executing to=completed ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 - h=x
            - held:w: a
            + result: a = {"n":1}
            + stats: completed = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func retry() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "retry", #"2500 "no answer""#),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + attempts: a = 1
            + created: a = T+0
            + errors: a = {"at":T+0,"attempt":1,"worker":"w","error":"no answer"}
            + events: from=executing to=retryable ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + retryable: T+2500 a
            + stats: retried = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func snooze() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "snooze", "60000"),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + created: a = T+0
            + events: from=executing to=scheduled ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + scheduled: T+60000 a
            + stats: snoozed = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func release() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "release"),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + events: from=executing to=available ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + lanes: 0/T+0.0
            + ready: 2814749767106560
            + stats: released = 1
            + wait:: 5/T+0.0 a
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func waitForADependency() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "wait", "1000 300000"),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + events: from=executing to=scheduled ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + place: a = 5/T+0.0
            + scheduled: T+1000 a
            + stats: waited = 1
            + waits: a = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func cancelled() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "cancelled", ""),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + cancelled: T+0 a
            + events: from=executing to=cancelled ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + run: a = F+0 w 1 T+0 5/T+0.0 -
            + stats: cancelled = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func discarded() async throws {
        let queue = try await running()
        try await queue.check(
            try await settle(queue, "discarded", #""makes no sense""#),
            """
            = [[T+0, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            + attempts: a = 1
            + discarded: T+0 a
            + errors: a = {"at":T+0,"attempt":1,"worker":"w","error":"makes no sense"}
            + events: from=executing to=discarded ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + run: a = F+0 w 1 T+0 5/T+0.0 -
            + stats: discarded = 1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func promotesWhatIsDue() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"delay":1000}"#)
        try await queue.add("b", options: #"{"delay":2000}"#)
        _ = try await queue.worker()
        try await queue.advance(1)
        try await queue.check(
            ["cycle", "w", "1", "1", "0"] + idle,
            """
            = [[T+1000, 0, 0, -1, 0, 0], [], [], [], [], [], [], [], [], []]
            - beat: T+0
            + beat: T+1000
            - calls: last sequence = 0/T+0.1
            + calls: last sequence = 0/T+1000.0
            + events: from=scheduled to=available ids=a
            + lanes: 0/T+1000.0
            + ready: 2814749767106560
            - scheduled: T+1000 a
            + wait:: 5/T+1000.0 a
            - worker:w: call = 0
            + worker:w: call = 1
            - workers: T+30000 w
            + workers: T+31000 w
            """)
    }

    @Test func oneWorkerIsToldEveryFewSecondsWhatTheQueueHolds() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c")
        try await queue.add("d", options: #"{"delay":3000}"#)
        let (worker, other) = (try await queue.worker(), try await queue.worker("v"))
        try await worker.cycle(1)
        #expect(try await other.cycle().gauges == nil)
        try await queue.advance(4)
        #expect(try await other.cycle().gauges == nil)
        try await queue.advance(2)
        let told = try await other.cycle().gauges
        #expect(told?.jobs.filter { $0.value > 0 } == [.available: 3, .executing: 1])
        #expect(told?.jobs.count == JobState.allCases.count)
        // What was scheduled has a new place, since it became available.
        #expect(told?.oldest.filter { $0.value > .zero } == [.available: .seconds(6), .executing: .seconds(6)])
        // Somebody knows, for these few seconds.
        #expect(try await worker.cycle().gauges == nil)
        try await queue.advance(4)
        #expect(try await worker.cycle().gauges?.jobs[.available] == 3)
    }

    @Test func takesBackWhatADeadWorkerHeld() async throws {
        let queue = try await running()
        let other = try await queue.worker("v")
        for _ in 1...2 {
            try await queue.advance(14)
            try await other.cycle()
        }
        try await queue.advance(3)
        try await queue.check(
            ["cycle", "v", "1", "3", "0"] + idle,
            """
            = [[T+31000, 0, 0, -1, 0, 0, [available, 1, scheduled, 0, executing, 0, retryable, 0, suspended, 0, completed, 0, \
            cancelled, 0, discarded, 0, oldest_available_ms, 31000, oldest_scheduled_ms, 0, oldest_retryable_ms, 0, \
            oldest_suspended_ms, 0, oldest_executing_ms, 0]], [], [], [], [], [], [], [], [], [a, available, 1, w, k]]
            - beat: T+28000
            + beat: T+31000
            + crashes: a = 1
            + died: a = F+0 0
            + events: from=executing to=available ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 -
            - held:w: a
            + lanes: 0/T+0.0
            + ready: 2814749767106560
            + stats: reclaimed = 1
            + wait:: 5/T+0.0 a
            - worker:v: call = 2
            + worker:v: call = 3
            - worker:w: call = 1
            - worker:w: host = host-of-w
            - worker:w: info = {"host":"host-of-w"}
            - worker:w: lease = 30000
            - worker:w: refused =
            - worker:w: session = 1
            - workers: T+30000 w
            - workers: T+58000 v
            + workers: T+61000 v
            """)
    }
}
