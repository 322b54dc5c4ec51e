import SluiceCore
import SluiceStore
import Testing

/// Cancelling what runs.
@Suite(.timeLimit(.minutes(10)))
struct CancellationTests {
    /// A queue whose worker runs `a`, which is to be cancelled.
    private func cancelling() async throws -> (queue: LuaQueue, worker: ScriptedWorker) {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        #expect(try await queue.fcall(["cancel", "a"]) == "[a, cancelling]")
        return (queue, worker)
    }

    @Test func reachesTheWorkerByItsBellAndEachReplyUntilTheRunEnds() async throws {
        let (queue, worker) = try await cancelling()
        #expect(try await queue.key("bell:w") == "(expires)\n1")
        _ = try await queue.fcall(["cancel", "a"])
        #expect(try await queue.key("bell:w") == "(expires)\n1")
        for _ in 1...2 { #expect(try await worker.cycle().cancel.map(\.text) == ["a"]) }
        #expect(try await worker.cycle(0, settling: ["a"], .cancelled(error: #""stopped""#)).cancel == [])
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await queue.key("cancel:w") == nil)
    }

    @Test(arguments: [
        Settlement.Outcome.retry(after: .seconds(1), error: "1"), .release, .snooze(.seconds(1)),
        .wait(base: .seconds(1), cap: .seconds(1)),
    ])
    func turnsAnotherRunIntoItsEnd(_ outcome: Settlement.Outcome) async throws {
        let (queue, worker) = try await cancelling()
        #expect(try await worker.cycle(0, settling: ["a"], outcome).refused == [])
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await queue.key("errors")?.contains("cancelled while it ran") == true)
        #expect(try await queue.key("cancel:w") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aDeadWorkersJobIsCancelledInsteadOfTakenBack() async throws {
        let (queue, _) = try await cancelling()
        try await queue.letDie(watchedBy: queue.worker("v"))
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await queue.key("crashes") == nil)
        #expect(try await queue.key("cancel:w") == nil)
        #expect(try await queue.key("bell:w") == nil)
    }

    @Test func aRunThatCompletesFirstIsComplete() async throws {
        let (queue, worker) = try await cancelling()
        try await worker.cycle(0, settling: ["a"])
        #expect(try await queue.state("a") == "completed")
        #expect(try await queue.key("cancel:w") == nil)
    }
}
