import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Synchronization
import Testing

private struct Note: Job {
    static let kind = "note"
    static let options = JobOptions(queue: "notes", maxAttempts: 3, retry: .fixed(.seconds(10)))
    var text: String
}

private struct Unlucky: Error {}

@Suite(.timeLimit(.minutes(10)))
struct DrainTests {
    @Test func runsWhatIsDueAndLeavesTheRest() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        try await sluice.enqueue(["a", "b"].map(Note.init(text:)))
        try await sluice.enqueue(Note(text: "in an hour")) { $0.delay = .seconds(3600) }
        let ran = Mutex<[String]>([])
        let told = Mutex<[JobState]>([])
        let errors = Mutex<[String]>([])
        let worker = Worker(sluice, queues: [Queue("notes", concurrency: 1)])
        worker.handle(Note.self) { job, context in
            ran.withLock { $0.append(job.text) }
            if job.text == "b", context.attempt == 1 { throw Unlucky() }
        }
        worker.afterProcess { job in
            told.withLock { $0.append(job.state) }
            if let error = job.error { errors.withLock { $0.append(error) } }
        }

        try await queues.drain(with: worker)
        #expect(ran.withLock { $0 } == ["a", "b"])
        #expect(told.withLock { $0 } == [.completed, .retryable])
        #expect(errors.withLock { $0 } == ["SluiceTestingTests.Unlucky: Unlucky()"])
        #expect(try await queues.states() == [.completed: 1, .retryable: 1, .scheduled: 1])

        try await queues.advance(by: .seconds(10))
        try await queues.drain(with: worker)
        #expect(ran.withLock { $0 } == ["a", "b", "b"])

        try await queues.advance(by: .seconds(3590))
        try await queues.drain(with: worker)
        #expect(ran.withLock { $0 } == ["a", "b", "b", "in an hour"])
        #expect(try await queues.states()[.scheduled] == nil)
        await sluice.close()
    }

    @Test func followsARowThroughItsQueues() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        let ran = Mutex<[String]>([])
        let worker = Worker(sluice, queues: [Queue("notes"), Queue("others")])
        worker.handle(Note.self) { job, _ in ran.withLock { $0.append(job.text) } }
        let first = try await sluice.enqueue(Note(text: "a"))
        let second = try await sluice.enqueue(Note(text: "b"), after: first) { $0.queue = "others" }
        try await sluice.enqueue(Note(text: "c"), after: second)
        try await queues.drain(with: worker)
        #expect(ran.withLock { $0 } == ["a", "b", "c"])
        #expect(try await queues.states() == [.completed: 2])
        await sluice.close()
    }

    @Test func leavesAPausedQueueAlone() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        try await sluice.enqueue(Note(text: "a"))
        _ = try await Inspector(queues.store).pause("notes")
        let worker = Worker(sluice, queues: ["notes", "unused"].map { Queue($0) })
        worker.handle(Note.self) { _, _ in }
        try await queues.drain(with: worker)
        #expect(try await queues.states() == [.available: 1])
        await sluice.close()
    }

    @Test func throwsWhatTheWorkerThrows() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        try await sluice.enqueue(Note(text: "a"))
        let error = await #expect(throws: SluiceError.self) {
            try await queues.drain(with: Worker(sluice, queues: [Queue("notes"), Queue("notes")]))
        }
        #expect(error?.code == .invalidArgument)
        await sluice.close()
    }
}

extension TestNamespace {
    /// How many jobs of `notes` are in each state, where there are any and they are kept.
    fileprivate func states() async throws -> [JobState: Int] {
        try await Inspector(store).status(of: "notes").states.filter { $0.value > 0 }
    }

    @Test func whyAJobWaitsIsSaidByTheVirtualClock() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        let inspector = try Inspector(url: queues.url, namespace: queues.namespace)
        let job = try await sluice.enqueue(Note(text: "later")) { $0.delay = .seconds(60) }
        try await queues.advance(by: .seconds(20))
        let explanation = try #require(try await inspector.explain(job.id, in: job.queue))
        #expect(explanation.sentences == ["it waits for its time: due in 40s"])
        await sluice.close()
        await inspector.close()
    }
}
