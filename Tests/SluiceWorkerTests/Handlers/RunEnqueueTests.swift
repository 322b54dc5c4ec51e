import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import Synchronization
import TestSupport
import Testing

/// What handlers enqueue comes with the outcome of their run, or not at all.
@Suite(.timeLimit(.minutes(10)))
struct RunEnqueueTests {
    /// A job that is only put in.
    private struct Child: Job {
        static let kind = "child"
        static let options = JobOptions(queue: "children", priority: 3)
        var number = 0
        var padding = ""
        var partitions: Partitions { ["account": "\(number)"] }
    }

    private func children(_ fixture: Fixture, _ state: JobState = .available) async throws -> Int {
        try await fixture.inspector.status(of: "children").states[state] ?? 0
    }

    private func clean(_ fixture: Fixture) async throws -> Bool {
        let isWorkClean = try await fixture.inspector.audit("work").isClean
        let areChildrenClean = try await fixture.inspector.audit("children").isClean
        return isWorkClean && areChildrenClean
    }

    @Test func itIsThereAsItWasAskedFor() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let ids = Recorder<JobID>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            ids.add(try context.enqueue(Child(number: 7)) { $0.queue = "work" })
            ids.add(
                try context.enqueue(Child(number: 8)) {
                    $0.delay = .seconds(60)
                    $0.priority = 1
                })
            for id in try context.enqueue([Child(number: 1), Child(number: 2)]) { ids.add(id) }
            return 1
        }
        worker.handleOthers { _, _ in .completed(JSONOutput(text: nil)) }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            #expect(await fixture.becomes(id, .completed))
            #expect(await fixture.queues.eventually(in: "children") { try await children(fixture) == 2 })
            #expect(await fixture.becomes(ids.all[0], .completed))
        }
        let far = try #require(try await fixture.inspector.job(ids.all[1], in: "children"))
        #expect(far.state == .scheduled && far.priority == 1 && far.lane == "account=8")
        let near = try #require(try await fixture.inspector.job(ids.all[2], in: "children"))
        #expect(near.state == .available && near.priority == 3 && near.lane == "account=1")
        #expect(try await fixture.inspector.queues().contains("children"))
        #expect(try await clean(fixture))
    }

    /// Ends of runs, and whether what they have enqueued is there.
    private static let ends: [(name: String, commits: Bool)] = [
        ("complete", true), ("snooze", true), ("cancel", true), ("discard", true), ("throw snooze", true), ("throw cancel", true),
        ("retry", false), ("throw", false), ("huge", false),
    ]

    @Test(arguments: ends.indices) func onlyAnEndThatTheHandlerWishedCommits(_ index: Int) async throws {
        let (name, commits) = Self.ends[index]
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let told = Recorder<JobState>()
        worker.handleOthers { _, context in
            try context.enqueue(Child())
            switch name {
            case "snooze": return .snooze(for: .seconds(100))
            case "cancel": return .cancel(reason: "x")
            case "discard": return .discard(reason: "x")
            case "retry": return .retry()
            case "throw": throw Failure()
            case "throw snooze": throw JobInterruption.snooze(for: .seconds(100))
            case "throw cancel": throw JobInterruption.cancel(reason: "x")
            case "huge": return .completed(JSONOutput(text: Array(repeating: 0x31, count: 2 << 20)))
            default: return .completed(JSONOutput(text: nil))
            }
        }
        worker.afterProcess { told.add($0.state) }
        try await fixture.running(worker) {
            _ = try await fixture.enqueue()
            await told.happened.wait()
            if commits {
                #expect(await fixture.queues.eventually(in: "children") { try await children(fixture) == 1 })
            } else {
                #expect(try await fixture.inspector.status(of: fixture.queue).totals["enqueued"] == 1)
            }
        }
        #expect(try await children(fixture) == (commits ? 1 : 0))
        #expect(try await clean(fixture))
    }

    @Test func aRunThatTakesTooLongEnqueuesNothing() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { (_, context) -> Int in
            try context.enqueue(Child())
            while !Task.isCancelled { await Task.yield() }
            throw CancellationError()
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue { $0.timeout = .milliseconds(50) }
            #expect(await fixture.becomes(id, .retryable))
        }
        #expect(try await fixture.total("enqueued") == 1)
    }

    @Test func thereAreBoundsAndTheyAreToldAtTheCall() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let codes = Recorder<SluiceError.Code>()
        let late = Recorder<JobContext>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            func refused(_ body: () throws(SluiceError) -> Void) {
                do throws(SluiceError) { try body() } catch { codes.add(error.code) }
            }
            try context.enqueue((0..<400).map { Child(number: $0) })
            refused { () throws(SluiceError) in try context.enqueue((0..<101).map { Child(number: $0) }) }
            refused { () throws(SluiceError) in
                for _ in 0..<3 { try context.enqueue(Child(padding: String(repeating: "x", count: 400_000))) }
            }
            refused { () throws(SluiceError) in try context.enqueue(Child(padding: String(repeating: "x", count: 2 << 20))) }
            refused { () throws(SluiceError) in try context.enqueue(Child()) { $0.priority = 10 } }
            refused { () throws(SluiceError) in try context.enqueue(Child()) { $0.queue = "no queue" } }
            refused { () throws(SluiceError) in
                var request = try JobRequest(Child())
                request.after = FollowUp(JobHandle(context.id, in: context.queue))
                try context.enqueue(request)
            }
            late.add(context)
            return 1
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            #expect(await fixture.becomes(id, .completed))
            #expect(await fixture.queues.eventually(in: "children") { try await children(fixture) == 402 })
        }
        #expect(
            codes.all == [.runLimit, .runLimit, .payloadTooLarge, .invalidArgument, .invalidArgument, .invalidArgument])
        let error = #expect(throws: SluiceError.self) { try late.all.first?.enqueue(Child()) }
        #expect(error?.code == .fenced)
    }

    @Test(.proxied, arguments: Queue.AckMode.allCases, [FaultyProxy.Fault.loseRequest, .loseReply])
    func aSettlementThatIsCutOffEnqueuesOnce(_ ack: Queue.AckMode, _ fault: FaultyProxy.Fault) async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture(.server)
        let client = try await fixture.client(through: proxy.url)
        let worker = fixture.worker(8, ack: ack, client: client)
        worker.handle(Numbered.self) { (job, context) -> Int in
            try context.enqueue((0..<50).map { Child(number: $0) })
            try context.enqueue(Child()) { $0.queue = "work" }
            return job.number
        }
        worker.handle(Child.self) { _, _ in }
        proxy.fail(["sluice1_cycle", "enqueue"], after: 1, with: fault)
        proxy.fail(["sluice1_cycle", "enqueue"], after: 3, with: fault)
        try await fixture.client.enqueue((0..<100).map { Numbered(number: $0) })
        try await fixture.running(worker) {
            #expect(await fixture.queues.eventually(in: "children") { try await children(fixture) == 5000 })
            #expect(await fixture.count(.completed, is: 200))
        }
        #expect(proxy.faults.count > 0)
        #expect(try await fixture.inspector.status(of: "children").totals["enqueued"] == 5000)
        #expect(try await clean(fixture))
        await client.close()
        await proxy.close()
    }
}
