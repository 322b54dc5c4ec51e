import Foundation
import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

private struct Elsewhere: Job {
    static let kind = "elsewhere"
    static let options = JobOptions(queue: "elsewhere")
}

/// What changes outside a worker have to tell arrives, though no worker of the queue lives.
@Suite(.timeLimit(.minutes(10)))
struct RelayTests {
    private let fixture: Fixture

    init() async throws { fixture = try await Fixture() }

    private func outgoing(_ queue: QueueName = "work") async throws -> Int {
        try await fixture.inspector.status(of: queue).outgoing
    }

    private func state(_ id: String, in queue: QueueName) async throws -> JobState? {
        try await fixture.inspector.job(JobID(known: id), in: queue)?.state
    }

    private func notifications() async throws -> Int {
        try await fixture.inspector.status(of: Notify.queue).states[.available, default: 0]
    }

    private func enqueue(_ id: String, notify: Bool = true) async throws -> Enqueued<Numbered> {
        let url = try #require(URL(string: "https://x.test/h"))
        let hook = notify ? Notify(url) : nil
        return try await fixture.client.enqueue(Numbered()) {
            $0.id = JobID(known: id)
            $0.notify = hook
        }
    }

    enum Change: CaseIterable { case cancel, delete, bulk, whoWaited }

    @Test(arguments: Change.allCases) func aWebHookHearsOfAChangeByWhoeverMadeIt(_ change: Change) async throws {
        let id = JobID(known: "a")
        switch change {
        case .cancel:
            _ = try await enqueue("a")
            try await fixture.inspector.change(.cancel, ids: [id], in: "work")
        case .delete:
            _ = try await enqueue("a")
            try await fixture.inspector.change(.delete, ids: [id], in: "work")
        case .bulk:
            for name in ["a", "b"] { _ = try await enqueue(name) }
            let done = try await fixture.inspector.change(.cancel, in: "work")
            #expect(done.changed == 2)
        case .whoWaited:
            // Without a hook: the follower in another queue hears of it.
            let wait = Task {
                try await fixture.client.enqueueAndWait(Numbered(), timeout: .seconds(300), cancelOnTimeout: true) { $0.id = id }
            }
            let isThere = await fixture.queues.eventually(in: "work") { try await fixture.state(id) != nil }
            #expect(isThere)
            _ = try await fixture.client.enqueue(Elsewhere(), after: JobHandle(id, in: "work"), onFailed: .ignore) { $0.id = "b" }
            wait.cancel()
            _ = try? await wait.value
            #expect(try await state("b", in: "elsewhere") == .available)
        }
        #expect(try await notifications() == [.cancel: 1, .delete: 1, .bulk: 2, .whoWaited: 0][change])
        #expect(try await outgoing() == 0)
        #expect(try await fixture.inspector.audit("work").violations.isEmpty)
    }

    @Test func aFollowerComesToItsQueueThroughSlotsThatNobodyServes() async throws {
        let first = try await enqueue("first", notify: false)
        let second = try await fixture.client.enqueue(Elsewhere(), after: first, onFailed: .ignore) { $0.id = "second" }
        let third = try await fixture.client.enqueue(Numbered(), after: second, onFailed: .ignore) {
            $0.id = "third"
            $0.queue = "third"
        }
        let hook = Notify(try #require(URL(string: "https://x.test/")))
        _ = try await fixture.client.enqueue(Numbered(), after: third) {
            $0.id = "fourth"
            $0.queue = "fourth"
            $0.notify = hook
        }
        try await fixture.inspector.change(.cancel, ids: [first.id], in: "work")
        #expect(try await state("second", in: "elsewhere") == .available)
        #expect(try await state("third", in: "work") == .suspended)
        // It waits in the slot of the first one, which hears of this by way of two outboxes.
        try await fixture.inspector.change(.cancel, ids: [second.id], in: "elsewhere")
        #expect(try await state("third", in: "third") == .available)
        try await fixture.inspector.change(.cancel, ids: [third.id], in: "third")
        #expect(try await state("fourth", in: "work") == .cancelled)
        #expect(try await notifications() == 1)
        for queue in ["work", "elsewhere", "third"] { #expect(try await outgoing(QueueName(queue)) == 0) }
    }

    @Test func aFollowerOfAJobThatHasEndedComesToItsQueueAtOnce() async throws {
        let first = try await enqueue("first", notify: false)
        try await fixture.inspector.change(.cancel, ids: [first.id], in: "work")
        _ = try await fixture.client.enqueue(Elsewhere(), after: first, onFailed: .ignore) { $0.id = "second" }
        #expect(try await state("second", in: "elsewhere") == .available)
        #expect(try await outgoing() == 0)
    }

    @Test func aBatchAndAWorkflowGoOn() async throws {
        let batch = try await fixture.client.openBatch(
            "import", id: BatchID("b"), on: [.exhausted: try JobRequest(Elsewhere())])
        try await batch.add([Numbered(number: 1), Numbered(number: 2)])
        try await batch.seal()
        try await fixture.inspector.change(.cancel, in: "work")
        #expect(try await state("b.exhausted", in: "elsewhere") == .available)

        var flow = Workflow("flow")
        let node = flow.add("first", Numbered())
        flow.add("second", Elsewhere(), after: node, onFailed: .ignore)
        let handle = try await fixture.client.enqueue(flow)
        try await fixture.inspector.change(.cancel, ids: [JobID(known: "\(handle.id):first")], in: "work")
        #expect(try await state("\(handle.id):second", in: "elsewhere") == .available)
        // What a workflow cancels tells it so.
        try await handle.cancel()
        #expect(try await handle.status().state.isEnded)
        for queue in ["work", "elsewhere"] { #expect(try await outgoing(QueueName(queue)) == 0) }
    }

    @Test func moreThanOneCallTakesIsRelayed() async throws {
        let first = try await enqueue("first", notify: false)
        let followers = try (0..<1200).map { number in
            var request = try JobRequest(Numbered(number: number))
            request.after = FollowUp(first)
            request.notify = Notify(try #require(URL(string: "https://x.test/")))
            return request
        }
        try await fixture.client.enqueue(followers)
        try await fixture.inspector.change(.cancel, ids: [first.id], in: "work")
        #expect(try await notifications() == 1200)
        #expect(try await outgoing() == 0)
    }

    /// Such as by the death of the process that made the change, or by `redis-cli`.
    @Test func aWorkerOfAnotherQueueRelaysWhatNobodyCarries() async throws {
        _ = try await enqueue("a")
        _ = try await fixture.queues.command("FCALL", "sluice_cancel", "1", fixture.queues.base("work"), "a")
        #expect(try await outgoing() == 1)
        let worker = Worker(fixture.client, queues: [Queue("elsewhere")], options: WorkerOptions(grace: .zero))
        let isRelayed = try await fixture.running(worker) {
            await fixture.queues.eventually(in: Notify.queue) { try await notifications() == 1 }
        }
        #expect(isRelayed)
        #expect(await fixture.queues.eventually(in: "work") { try await outgoing() == 0 })
    }

    /// The looks at all outboxes are shared by the processes of a namespace.
    @Test func oneProcessAtATimeLooksAtAllOutboxes() async throws {
        let relay = fixture.client.relay
        func look() async throws -> Bool {
            _ = try await enqueue("a")
            _ = try await fixture.queues.command("FCALL", "sluice_cancel", "1", fixture.queues.base("work"), "a")
            _ = try await relay.maintainDue { _, _ in }
            let isRelayed = try await outgoing() == 0
            await relay.relay("work")
            try await fixture.inspector.change(.delete, ids: [JobID(known: "a")], in: "work")
            return isRelayed
        }
        #expect(try await look())
        #expect(try await look() == false)
        try await fixture.queues.advance(by: .seconds(10))
        #expect(try await look())
        #expect(try await fixture.client.store.workflows(most: 10).isEmpty)
        #expect(try await fixture.client.store.overdueWorkflows(before: .max >> 10, most: 10).isEmpty)
    }
}
