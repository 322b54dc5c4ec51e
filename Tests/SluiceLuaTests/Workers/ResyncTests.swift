import SluiceCore
import SluiceStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ResyncTests {
    @Test func introducesAWorker() async throws {
        let queue = try await LuaQueue()
        try await queue.check(
            ["resync", "w", "1", "30000", #"{"host":"h","pid":7}"#],
            """
            = [[T+0, 0], [], [], []]
            + beat: T+0
            + config: format = 1
            + config: gaps = 0 T+0
            + config: noted = 0
            + worker:w: call = 0
            + worker:w: host = h
            + worker:w: info = {"host":"h","pid":7}
            + worker:w: lease = 30000
            + worker:w: refused =
            + worker:w: session = 1
            + workers: T+30000 w
            """)
    }

    @Test func givesBackWhatIsNotListedAndNamesWhatIsLost() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c")
        let worker = try await queue.worker()
        let fence = try #require(try await worker.cycle(3).jobs.first?.fence)
        try await worker.cycle(0, settling: ["b"])
        let listed = ["a", fence.description, "b", fence.description, "none", "1"]
        try await queue.check(
            ["resync", "w", "2", "30000", "{}"] + listed,
            """
            = [[T+0, 2], [], [none, b], []]
            + events: from=executing to=available ids=c worker=w
            - executing: c = F+0 w 1 T+0 5/T+0.2 -
            - held:w: c
            + lanes: 0/T+0.2
            + ready: 2814749767106560
            + stats: released = 1
            + wait:: 5/T+0.2 c
            + worker:w: host =
            - worker:w: host = host-of-w
            - worker:w: info = {"host":"host-of-w"}
            + worker:w: info = {}
            - worker:w: session = 1
            + worker:w: session = 2
            """)
        #expect(try await queue.audit() == [])
    }

    @Test func aJobListedUnderAnOldFenceGoesBackAndIsLost() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        worker.hold("a", Fence(1))
        #expect(try await worker.resync().lost == [JobID(known: "a")])
        #expect(try await queue.state("a") == "available")
        #expect(try await queue.key("attempts") == nil)
        #expect(try await queue.key("crashes") == nil)
    }

    @Test func tellsWhetherTheLastCallWasAppliedAndWhatItRefused() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        worker.hold("x", Fence(5))
        try await worker.cycle(0, settling: ["a", "x"])
        let reply = try await worker.resync()
        #expect(reply.lastCall == 2)
        #expect(reply.refused.map(\.text) == ["x"])
        // A resync whose reply is lost is repeated.
        let again = try await worker.resync()
        #expect(again.lastCall == 2)
        #expect(again.refused.map(\.text) == ["x"])
    }

    @Test func aCancelledJobThatIsNotListedIsCancelled() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        _ = try await queue.fcall(["cancel", "a"])
        let restarted = ScriptedWorker("w", on: queue, session: 1)
        try await restarted.resync()
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await queue.audit() == [])
    }

    @Test func leavingForgetsAWorkerThatHoldsNothing() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"delay":5000}"#)
        let worker = try await queue.worker()
        try await worker.cycle(1)
        _ = try await queue.takeToken()
        try await queue.check(
            ["leave", "w", "1"],
            """
            = 1
            + wake: 1
            - watch: (expires)
            - watch: T+5000 w
            - worker:w: call = 1
            - worker:w: host = host-of-w
            - worker:w: info = {"host":"host-of-w"}
            - worker:w: lease = 30000
            - worker:w: refused =
            - worker:w: session = 1
            - workers: T+30000 w
            """)
        try await queue.check(["leave", "w", "1"], "= 1")
    }

    @Test func aWorkerThatHoldsSomethingDoesNotLeave() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        try await queue.check(["leave", "w", "1"], "= 0")
        #expect(try await worker.leave() == false)
    }

    @Test func badArgumentsChangeNothing() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        for (arguments, message) in [
            (["", "1", "30000", "{}"], "worker must be"), (["w", "0", "30000", "{}"], "session must"),
            (["w", "1", "999", "{}"], "lease must"), (["w", "1", "30000", "no"], "info must"),
            (["w", "1", "30000"], "running jobs must be"), (["w", "1", "30000", "{}", "a"], "running jobs must be"),
        ] {
            try await queue.checkRefused(["resync"] + arguments, message)
        }
        try await queue.checkRefused(["leave"], "worker must be")
    }
}
