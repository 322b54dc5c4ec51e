import SluiceCore
import SluiceStore
import Testing

/// What operators do to jobs, against the whole of the data.
@Suite(.timeLimit(.minutes(10)))
struct ManageTests {
    /// One job in each state that an id can be in, named after it. The worker `w` runs `executing`.
    private func oneOfEach() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for (id, outcome) in [
            ("completed", Settlement.Outcome.completed(result: Array("1".utf8))), ("cancelled", .cancelled(error: "")),
            ("discarded", .discarded(error: #""no""#)), ("retryable", .retry(after: .seconds(60), error: #""no""#)),
        ] {
            try await queue.add(id)
            try await worker.cycle(1)
            try await worker.cycle(0, settling: [id], outcome)
        }
        try await queue.add("executing")
        try await worker.cycle(1)
        try await queue.add("available")
        try await queue.add("scheduled", options: #"{"delay":60000}"#)
        _ = try await queue.takeToken()
        return queue
    }

    @Test func cancel() async throws {
        let queue = try await oneOfEach()
        try await queue.check(
            ["cancel", "available", "scheduled", "retryable", "executing", "completed", "cancelled", "discarded", "none"],
            """
            = [available, cancelled, scheduled, cancelled, retryable, cancelled, executing, cancelling, completed, completed, cancelled, cancelled, discarded, discarded, none, missing]
            + bell:w: (expires)
            + bell:w: 1
            + cancel:w: executing
            + cancelled: T+0 available
            + cancelled: T+0 retryable
            + cancelled: T+0 scheduled
            + created: available = T+0.005
            + events: from=available to=cancelled ids=available
            + events: from=retryable to=cancelled ids=retryable
            + events: from=scheduled to=cancelled ids=scheduled
            - lanes: 0/T+0.5
            - ready: 2814749767106560
            - retryable: T+60000 retryable
            - scheduled: T+60000 scheduled
            - stats: cancelled = 1
            + stats: cancelled = 4
            + stats: refused = 4
            - wait:: 5/T+0.5 available
            """)
        #expect(try await queue.audit() == [])
    }

    @Test func retry() async throws {
        let queue = try await oneOfEach()
        try await queue.check(
            ["retry", "available", "scheduled", "retryable", "executing", "completed", "cancelled", "discarded", "none"],
            """
            = [available, available, scheduled, available, retryable, available, executing, executing, completed, available, cancelled, available, discarded, available, none, missing]
            - attempts: discarded = 1
            + calls: last sequence = 0/T+0.11
            - calls: last sequence = 0/T+0.6
            - cancelled: T+0 cancelled
            - completed: T+3600000.5 completed
            - discarded: T+0 discarded
            + events: from=cancelled to=available ids=cancelled
            + events: from=completed to=available ids=completed
            + events: from=discarded to=available ids=discarded
            + events: from=retryable to=available ids=retryable
            + events: from=scheduled to=available ids=scheduled
            - result: completed = 1
            - retryable: T+60000 retryable
            - run: cancelled = F+1 w 1 T+0 5/T+0.1 -
            - run: discarded = F+2 w 1 T+0 5/T+0.2 -
            - scheduled: T+60000 scheduled
            + stats: refused = 3
            + stats: revived = 3
            + wait:: 5/T+0.10 cancelled
            + wait:: 5/T+0.11 discarded
            + wait:: 5/T+0.7 scheduled
            + wait:: 5/T+0.8 retryable
            + wait:: 5/T+0.9 completed
            + wake: 1
            """)
        #expect(try await queue.audit() == [])
    }

    /// A place that was kept for a wait is given up with the job's end.
    @Test func whoEndedWhileItWaitedComesBackAtANewPlace() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        try await worker.cycle(0, settling: ["a"], .wait(base: .seconds(5), cap: .seconds(5)))
        _ = try await queue.fcall(["cancel", "a"])
        _ = try await queue.fcall(["retry", "a"])
        #expect(try await worker.claim(2) == ["b", "a"])
    }

    @Test func delete() async throws {
        let queue = try await oneOfEach()
        try await queue.check(
            ["delete", "available", "scheduled", "retryable", "executing", "completed", "cancelled", "discarded", "none"],
            """
            = [available, deleted, scheduled, deleted, retryable, deleted, executing, cancelling, completed, deleted, cancelled, deleted, discarded, deleted, none, missing]
            - attempts: discarded = 1
            - attempts: retryable = 1
            + bell:w: (expires)
            + bell:w: 1
            + cancel:w: executing
            - cancelled: T+0 cancelled
            - completed: T+3600000.5 completed
            - created: retryable = T+0.003
            - created: scheduled = T+0.006
            - discarded: T+0 discarded
            - errors: discarded = {"at":T+0,"attempt":1,"worker":"w","error":"no"}
            - errors: retryable = {"at":T+0,"attempt":1,"worker":"w","error":"no"}
            + events: from=available to= ids=available
            + events: from=cancelled to= ids=cancelled
            + events: from=completed to= ids=completed
            + events: from=discarded to= ids=discarded
            + events: from=retryable to= ids=retryable
            + events: from=scheduled to= ids=scheduled
            - lanes: 0/T+0.5
            - ready: 2814749767106560
            - result: completed = 1
            - retryable: T+60000 retryable
            - run: cancelled = F+1 w 1 T+0 5/T+0.1 -
            - run: discarded = F+2 w 1 T+0 5/T+0.2 -
            - scheduled: T+60000 scheduled
            - spec: available = {"kind":"k"}
            - spec: cancelled = {"kind":"k"}
            - spec: completed = {"kind":"k"}
            - spec: discarded = {"kind":"k"}
            - spec: retryable = {"kind":"k"}
            - spec: scheduled = {"kind":"k"}
            + stats: refused = 1
            + stats: removed = 6
            - wait:: 5/T+0.5 available
            """)
        #expect(try await queue.audit() == [])
    }

    @Test func reschedule() async throws {
        let queue = try await oneOfEach()
        try await queue.check(
            ["reschedule", "5000", "available", "scheduled", "retryable", "executing", "completed", "none"],
            """
            = [available, scheduled, scheduled, scheduled, retryable, scheduled, executing, executing, completed, completed, none, missing]
            + created: available = T+0.005
            + events: from=available to=scheduled ids=available
            + events: from=retryable to=scheduled ids=retryable
            + events: from=scheduled to=scheduled ids=scheduled
            - lanes: 0/T+0.5
            - ready: 2814749767106560
            - retryable: T+60000 retryable
            + scheduled: T+5000 available
            + scheduled: T+5000 retryable
            + scheduled: T+5000 scheduled
            - scheduled: T+60000 scheduled
            + stats: refused = 3
            - wait:: 5/T+0.5 available
            + wake: 1
            """)
        #expect(try await queue.audit() == [])
    }

    @Test func rescheduleToATime() async throws {
        let queue = try await oneOfEach()
        #expect(try await queue.fcall(["reschedule", "@\(queue.start + 7000)", "scheduled"]) == "[scheduled, scheduled]")
        #expect(try await queue.key("scheduled") == "T+7000 scheduled")
    }

    @Test func anIDGivenTwiceIsChangedOnce() async throws {
        let queue = try await oneOfEach()
        #expect(try await queue.fcall(["delete", "available", "available"]) == "[available, deleted, available, missing]")
        #expect(try await queue.audit() == [])
    }

    @Test func badArgumentsChangeNothing() async throws {
        let queue = try await oneOfEach()
        for function in ["cancel", "retry", "delete", "sluice_cancel", "sluice_retry", "sluice_delete"] {
            try await queue.checkRefused([function], "invalidArgument: give 1 to 1000 ids")
            try await queue.checkRefused([function] + (0...1000).map { "x\($0)" }, "give 1 to 1000 ids")
        }
        try await queue.checkRefused(["reschedule", "5000"], "give 1 to 1000 ids")
        try await queue.checkRefused(["reschedule", "soon", "available"], "delay must be")
        try await queue.checkRefused(["reschedule", "@1e99", "available"], "delay must be")
        try await queue.checkRefused(["reschedule"], "delay must be")
    }

    @Test func pauseAndResume() async throws {
        let queue = try await LuaQueue()
        try await queue.check(
            ["pause", "while we look", "new"],
            """
            = 1
            + config: format = 1
            + config: paused = T+0 while we look
            """)
        try await queue.setClock(1000)
        try await queue.check(["pause"], "= 0")
        try await queue.check(
            ["pause", "again"],
            """
            = 0
            + config: paused = T+0 again
            - config: paused = T+0 while we look
            """)
        try await queue.add("a")
        #expect(try await queue.takeToken() == false)
        #expect(try await queue.worker().claim(1) == [])
        try await queue.check(
            ["resume"],
            """
            = 1
            - config: paused = T+0 again
            + wake: 1
            """)
        try await queue.check(["resume"], "= 0")
    }

    @Test func configure() async throws {
        let queue = try await LuaQueue()
        try await queue.check(
            ["configure", "completed", "5 60000", "crashes", "3"],
            """
            = OK
            + config: completed = 5 60000
            + config: crashes = 3
            + config: format = 1
            """)
        for (arguments, message) in [
            ([], "the call needs pairs"), (["completed"], "cannot configure completed"),
            (["completed", "many"], "cannot configure completed"),
            (["crashes", "0"], "cannot configure crashes"), (["crashes", "4", "fence", "1"], "cannot configure fence"),
        ] {
            try await queue.checkRefused(["configure"] + arguments, message)
        }
    }

    @Test func progress() async throws {
        let queue = try await oneOfEach()
        let fence = try #require(try await queue.redis("HGET", "config", "fence"))
        try await queue.check(
            ["progress", "w", "executing", fence, "0.25", #""a quarter""#],
            """
            = 1
            + progress: executing = {"at":T+0,"fraction":0.25,"note":"a quarter"}
            """)
        try await queue.check(
            ["progress", "w", "executing", "1", "0.5", #""""#],
            """
            = fenced: this run of executing is over
            + stats: refused = 1
            """)
        #expect(try await queue.fcall(["progress", "v", "executing", fence, "0.5"]).hasPrefix("fenced: "))
        #expect(try await queue.fcall(["progress", "w", "completed", fence, "0.5"]).hasPrefix("fenced: "))
        for fraction in ["-0.1", "1.1", "nan", "half"] {
            try await queue.checkRefused(
                ["progress", "w", "executing", fence, fraction], "progress must be a number from 0 to 1")
        }
        try await queue.checkRefused(["progress", "w", "executing"], "fence must be")
    }
}
