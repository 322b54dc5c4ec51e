import SluiceCore
import SluiceStore
import Testing

/// From one slot to another: suspended → message → delivered → acknowledged, whatever step is repeated or never comes.
@Suite(.timeLimit(.minutes(10)))
struct DeliverTests {
    /// A job `f` of queue `away`, on its way there since its parent in `mail` has ended.
    private func underWay() async throws -> (mail: LuaQueue, away: LuaQueue, worker: ScriptedWorker, messages: [OutboxMessage]) {
        let mail = try await LuaQueue()
        let away = try await mail.other("away")
        let worker = try await mail.worker()
        try await mail.add("p")
        try await mail.follow("f", after: "p", more: #""target":"away","lane":"h=1","priority":2"#)
        let messages = try await mail.end("p", worker)
        #expect(mail.moved(messages).map(\.text) == ["f"])
        return (mail, away, worker, messages)
    }

    @Test func itArrivesOnceAsItWasEnqueued() async throws {
        let (mail, away, _, messages) = try await underWay()
        #expect(try await mail.state("f") == "suspended")
        #expect(try await mail.deliver(mail.moved(messages), to: away) == 1)
        #expect(try await mail.deliver(mail.moved(messages), to: away) == 0)
        let job = try #require(try await away.call(FindJob(JobID(known: "f"))))
        #expect(job["state"] == "available" && job["lane"] == "h=1" && job["priority"] == "2")
        try await mail.acknowledge(messages)
        try await mail.acknowledge(messages)
        #expect(try await mail.state("f") == nil)
        #expect(try await mail.key("messages") == nil)
        #expect(try await mail.key("outbox") == nil)
        #expect(try await mail.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test func killedBeforeTheDeliveryAnotherWorkerBringsIt() async throws {
        let (mail, away, _, messages) = try await underWay()
        let second = try await mail.worker("second")
        #expect(try await second.cycle().messages == [])
        try await mail.advance(5)
        let again = try await second.cycle().messages
        #expect(again == messages)
        #expect(try await second.cycle().messages == [])
        #expect(try await mail.deliver(mail.moved(again), to: away) == 1)
        try await mail.acknowledge(again)
        #expect(try await mail.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test func killedBeforeTheAcknowledgementItRunsOnceAllTheSame() async throws {
        let (mail, away, _, messages) = try await underWay()
        #expect(try await mail.deliver(mail.moved(messages), to: away) == 1)
        let runner = try await away.worker("runner")
        _ = try await away.fcall(["configure", "completed", "0 0"])
        _ = try await away.end("f", runner)
        #expect(try await away.state("f") == nil)
        let second = try await mail.worker("second")
        for step in [5.0, 600, 86_400] {
            try await mail.advance(step)
            try await runner.resync()
            try await runner.cycle()
            try await second.resync()
            let again = try await second.cycle().messages
            #expect(mail.moved(again).map(\.text) == ["f"])
            #expect(try await mail.deliver(mail.moved(again), to: away) == 0)
        }
        try await mail.acknowledge(messages)
        #expect(try await away.state("f") == nil)
        #expect(try await mail.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test func afterAWeekNothingIsBroughtAnyMore() async throws {
        let (mail, _, worker, _) = try await underWay()
        try await mail.advance(6.6 * 86_400)
        try await worker.resync()
        #expect(try await worker.cycle().messages == [])
        #expect(try await mail.state("f") == "suspended")
        #expect(try await mail.key("messages")?.contains("queue.away f") == true)
    }

    @Test func whatArrivedIsForgottenWhenNobodyCanSendItAgain() async throws {
        let (mail, away, _, messages) = try await underWay()
        try await mail.deliver(mail.moved(messages), to: away)
        try await mail.acknowledge(messages)
        let runner = try await away.worker("runner")
        _ = try await away.fcall(["delete", "f"])
        try await away.advance(7200)
        try await runner.resync()
        try await runner.cycle()
        #expect(try await away.key("seen") != nil)
        try await away.call(Forget(mail.moved(messages)))
        try await away.advance(119)
        try await runner.cycle()
        #expect(try await away.key("seen") != nil)
        try await away.advance(6)
        try await runner.cycle()
        #expect(try await away.key("seen") == nil)
        try await away.call(Forget(mail.moved(messages)))
        #expect(try await away.key("seen") == nil)
    }

    @Test func aLateDeliveryIsRefused() async throws {
        let (mail, away, _, messages) = try await underWay()
        let error = await #expect(throws: SluiceError.self) { try await mail.deliver(mail.moved(messages), to: away, late: 1) }
        #expect(error?.code == .stale)
        #expect(try await away.dump().keys.allSatisfy { $0.hasPrefix("{mail}") })
    }

    @Test func onItsWayItTakesNoOrders() async throws {
        let (mail, away, _, messages) = try await underWay()
        for order in [["cancel", "f"], ["delete", "f"], ["retry", "f"], ["reschedule", "1", "f"]] {
            #expect(try await mail.fcall(order) == "[f, suspended]")
        }
        #expect(try await mail.follow("g", after: "f") == "[moving g]")
        try await mail.deliver(mail.moved(messages), to: away)
        try await mail.acknowledge(messages)
        #expect(try await mail.follow("g", after: "f") == "[orphan g]")
        #expect(try await away.follow("g", after: "f") == "[added g]")
        #expect(try await away.audit() == [])
    }

    @Test func heldBackItMayBeCancelledDeletedOrLetGo() async throws {
        let mail = try await LuaQueue()
        let away = try await mail.other("away")
        let worker = try await mail.worker()
        try await mail.add("p")
        for id in ["c", "d", "r"] { try await mail.follow(id, after: "p", "hold", more: #""target":"away""#) }
        _ = try await mail.end("p", worker, .discarded(error: ""))
        #expect(try await mail.fcall(["cancel", "c"]) == "[c, cancelled]")
        #expect(try await mail.fcall(["delete", "d"]) == "[d, deleted]")
        #expect(try await mail.fcall(["retry", "r"]) == "[r, available]")
        let messages = try await worker.cycle().messages
        #expect(mail.moved(messages).map(\.text) == ["r"])
        #expect(try await mail.deliver(mail.moved(messages), to: away) == 1)
        try await mail.acknowledge(messages)
        #expect(try await away.state("r") == "available")
        #expect(try await mail.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test(arguments: [Settlement.Outcome.completed(result: nil), .discarded(error: "")].indices)
    func aRowGoesOnWhenItsMiddleHasMoved(_ index: Int) async throws {
        let mail = try await LuaQueue()
        let away = try await mail.other("away")
        let third = try await mail.other("third")
        let worker = try await mail.worker()
        try await mail.add("a")
        try await mail.follow("b", after: "a", more: #""target":"away""#)
        try await mail.follow("c", after: "b", more: #""target":"third""#)
        try await mail.follow("h", after: "b", "hold")
        let messages = try await mail.end("a", worker)
        try await mail.deliver(mail.moved(messages), to: away)
        try await mail.acknowledge(messages)
        #expect(try await mail.state("c") == "suspended")
        let runner = try await away.worker("runner")
        let told = try await away.end("b", runner, [.completed(result: nil), .discarded(error: "")][index])
        let state = index == 0 ? OutboxMessage.EndState.completed : .discarded
        #expect(told.map(\.event) == [.left(queue: "mail", job: JobID(known: "b"), state: state)])
        for _ in 0..<2 { _ = try await mail.call(Tell(state, [JobID(known: "b")])) }
        try await away.acknowledge(told)
        let last = try await worker.cycle().messages
        if index == 0 {
            #expect(try await mail.state("h") == "available")
            #expect(try await mail.deliver(mail.moved(last), to: third) == 1)
            try await mail.acknowledge(last)
            #expect(try await third.state("c") == "available")
        } else {
            #expect(try await mail.state("c") == "cancelled")
            #expect(try await mail.state("h") == "suspended")
            _ = try await away.fcall(["retry", "b"])
            #expect(try await away.end("b", runner).count == 1)
            _ = try await mail.call(Tell(.completed, [JobID(known: "b")]))
            #expect(try await mail.state("h") == "available")
        }
        #expect(try await mail.audit() == [])
        #expect(try await away.audit() == [])
    }
}
