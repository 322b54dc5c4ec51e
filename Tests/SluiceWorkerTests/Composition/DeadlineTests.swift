import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Jobs whose deadline comes before their end, with workers and real handlers; time is in the tests' hands.
@Suite(.timeLimit(.minutes(10)))
struct DeadlineTests {
    private struct Order: Job {
        static let kind = "order"
        static let options = JobOptions(queue: "work", retry: .fixed(.seconds(5)), deadline: .seconds(60))
        var number = 0
    }

    private struct Refund: Job {
        static let kind = "refund"
        static let options = JobOptions(queue: "work")
        var order: Int
    }

    private func why(_ fixture: Fixture, _ id: JobID) async throws -> String? {
        try await fixture.details(id)?.failures.last?.message
    }

    @Test func aHandlerThatHangsIsCancelledAndWhatItDidIsUndone() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(lease: .seconds(7200))
        let refunded = Recorder<Int>()
        worker.handle(Order.self) { _, _ in
            for await _ in AsyncStream<Int>.makeStream().stream {}
            throw CancellationError()
        }
        worker.handle(Refund.self) { job, _ in refunded.add(job.order) }
        let order = try await fixture.client.enqueue(Order(number: 7))
        let refund = try await fixture.client.enqueue(Refund(order: 7), after: order, onFailed: .compensate)
        try await fixture.running(worker) {
            #expect(await fixture.becomes(order.id, .executing))
            #expect(try await fixture.details(order.id)?.deadline != nil)
            try await fixture.queues.advance(by: .seconds(60))
            #expect(await fixture.becomes(order.id, .cancelled))
            #expect(await fixture.becomes(refund.id, .completed))
        }
        #expect(refunded.all == [7])
        #expect(try await why(fixture, order.id) == "its deadline has passed")
        #expect(try await fixture.leftovers() == [])
    }

    @Test func oneThatIsTriedAgainAndAgainEnds() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(lease: .seconds(7200))
        let runs = Recorder<Int>()
        worker.handle(Order.self) { _, context in
            runs.add(context.attempt)
            throw Failure()
        }
        let order = try await fixture.client.enqueue(Order())
        try await fixture.running(worker) {
            for attempt in 1...12 {
                await runs.happened.wait(for: attempt)
                #expect(await fixture.becomes(order.id, .retryable))
                try await fixture.queues.advance(by: .seconds(5))
            }
            #expect(await fixture.becomes(order.id, .cancelled))
        }
        #expect(runs.all == Array(1...12))
        #expect(try await fixture.details(order.id)?.attempts == 12)
    }

    @Test func oneThatWaitsForABreakerOrAPausedQueueEnds() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(lease: .seconds(7200))
        let failed = Occurrences()
        worker.handle(Numbered.self) { (_, _) -> Int in
            failed.add()
            throw DependencyUnavailable("tmdb", retryAfter: .seconds(3600))
        }
        worker.handle(Order.self) { _, _ in }
        try await fixture.running(worker) {
            let first = try await fixture.enqueue { $0.needs = ["tmdb"] }
            await failed.wait()
            #expect(await fixture.becomes(first, .scheduled))
            let parked = try await fixture.enqueue {
                $0.needs = ["tmdb"]
                $0.deadline = .seconds(60)
            }
            let reasons = try await fixture.inspector.explain(parked, in: fixture.queue)?.reasons ?? []
            #expect(reasons.contains { if case .breaker = $0 { true } else { false } })
            _ = try await fixture.inspector.pause(fixture.queue)
            let paused = try await fixture.client.enqueue(Order()).id
            try await fixture.queues.advance(by: .seconds(60))
            #expect(await fixture.becomes(parked, .cancelled))
            #expect(await fixture.becomes(paused, .cancelled))
            #expect(try await fixture.state(first) == .scheduled)
        }
        #expect(try await fixture.inspector.audit(fixture.queue).isClean)
    }

    /// From when it enters its queue: the first one lasts for 50 s.
    @Test func aNodeOfAWorkflowHasItsOwn() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(lease: .seconds(7200))
        let gate = Occurrences()
        worker.handle(Refund.self) { _, _ in await gate.wait() }
        worker.handle(Order.self) { _, _ in
            for await _ in AsyncStream<Int>.makeStream().stream {}
            throw CancellationError()
        }
        var flow = Workflow("dated")
        let first = flow.add("first", Refund(order: 1))
        flow.add("order", Order(), after: first)
        let handle = try await fixture.client.enqueue(flow)
        try await fixture.running(worker) {
            #expect(await fixture.count(.executing, is: 1))
            try await fixture.queues.advance(by: .seconds(50))
            gate.add()
            #expect(await fixture.count(.completed, is: 1))
            #expect(await fixture.count(.executing, is: 1))
            try await fixture.queues.advance(by: .milliseconds(59_999))
            #expect(try await fixture.inspector.status(of: fixture.queue).states[.executing] == 1)
            try await fixture.queues.advance(by: .milliseconds(1))
            #expect(await fixture.count(.cancelled, is: 1))
            let status = try await handle.wait(timeout: .seconds(300))
            #expect(status.state != .completed)
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func oneOutOfBoundsIsRefused() async throws {
        let fixture = try await Fixture()
        for deadline in [Duration.zero, .seconds(-1), .seconds(2e10)] {
            var request = try JobRequest(Numbered())
            request.deadline = deadline
            let error = await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(request) }
            #expect(error?.code == .invalidArgument)
        }
    }
}
