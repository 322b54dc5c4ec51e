import SluiceCore
import SluiceStore
import Testing

/// Messages that wait to be carried.
@Suite(.timeLimit(.minutes(10)))
struct OutboxTests {
    private func linked(_ lines: String...) async throws -> (queue: LuaQueue, worker: ScriptedWorker) {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let links = lines.map { "\"\($0)\"" }.joined(separator: ",")
        try await queue.add("a", options: "{\"links\":[\(links)]}")
        return (queue, worker)
    }

    @Test func anEndIsToldToAllWhoAreToHear() async throws {
        let (queue, worker) = try await linked("workflow.w1 clean", "batch.b1")
        let messages = try await queue.end("a", worker, .completed(result: Array("{}".utf8)))
        #expect(
            Set(messages.map(\.event)) == [
                .node(workflow: "w1", name: "clean", job: JobID(known: "a"), state: .completed, output: "{}"),
                .members(batch: "b1", state: .completed, jobs: [JobID(known: "a")]),
            ])
        try await queue.acknowledge(messages)
        #expect(try await queue.key("messages") == nil)
        #expect(try await queue.key("outbox") == nil)
    }

    @Test(arguments: ["cancel", "delete"]) func whatAnOperatorDoesIsToldByTheNextWorker(_ order: String) async throws {
        let (queue, worker) = try await linked("batch.b1")
        _ = try await queue.fcall([order, "a"])
        let state = order == "cancel" ? OutboxMessage.EndState.cancelled : .deleted
        #expect(
            try await worker.cycle().messages.map(\.event) == [.members(batch: "b1", state: state, jobs: [JobID(known: "a")])])
        #expect(try await queue.audit() == [])
    }

    @Test func whatNobodyAcknowledgesComesAgainMoreAndMoreRarely() async throws {
        let (queue, worker) = try await linked("batch.b1")
        let messages = try await queue.end("a", worker)
        #expect(messages.count == 1)
        var times: [Int] = []
        for second in 1...120 {
            try await queue.advance(1)
            if try await worker.cycle().messages == messages { times.append(second) }
        }
        #expect(times.first == 5 && times.count < 10 && times.count > 3)
        try await queue.acknowledge(messages)
        try await queue.advance(600)
        try await worker.resync()
        #expect(try await worker.cycle().messages == [])
    }

    @Test func whoeverRelaysIsGivenWhatIsDueAndAgainAfterAWhile() async throws {
        let (queue, worker) = try await linked("batch.b1")
        _ = try await queue.fcall(["sluice_cancel", "a"])
        let first = try await queue.call(TakeOutbox())
        #expect(first.messages.map(\.event) == [.members(batch: "b1", state: .cancelled, jobs: [JobID(known: "a")])])
        #expect(!first.hasMore)
        #expect(try await worker.cycle().messages.isEmpty)
        #expect(try await queue.call(TakeOutbox()).messages.isEmpty)
        try await queue.advance(5)
        #expect(try await queue.call(TakeOutbox()).messages == first.messages)
        try await queue.acknowledge(first.messages)
        #expect(try await queue.key("outbox") == nil)
    }

    @Test func whatAWorkerWasGivenIsLeftToIt() async throws {
        let (queue, worker) = try await linked("batch.b1")
        #expect(try await queue.end("a", worker).count == 1)
        #expect(try await queue.call(TakeOutbox()).messages.isEmpty)
    }

    @Test func anIdleWorkerIsToldWhenToCome() async throws {
        let (queue, worker) = try await linked("batch.b1")
        _ = try await queue.end("a", worker)
        #expect(try await worker.cycle(1).come == .seconds(5))
    }

    @Test func refusesNonsense() async throws {
        let queue = try await LuaQueue()
        try await queue.checkRefused(["acknowledge"], "give 1 to 1000 numbers of messages")
        try await queue.checkRefused(["tell", "running", "a"], "the call needs completed")
        try await queue.checkRefused(["forget"], "give 1 to 1000 ids")
        #expect(try await queue.fcall(["acknowledge", "17"]) == "OK")
        #expect(try await queue.fcall(["outgoing", "none"]) == "[]")
    }
}
