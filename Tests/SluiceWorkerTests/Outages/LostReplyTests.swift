import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Connections that are cut around single calls: no job is stranded, none runs twice, each outcome is told once.
@Suite(.timeLimit(.minutes(10)))
struct LostReplyTests {
    /// Calls to break, by words that their bytes hold, after how many like them, and how.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var faults: [(words: [String], after: Int, fault: FaultyProxy.Fault)]

        init(_ name: String, _ faults: ([String], Int, FaultyProxy.Fault)...) {
            testDescription = name
            self.faults = faults.map { (words: $0.0, after: $0.1, fault: $0.2) }
        }
    }

    private static let cycle = "sluice1_cycle"
    private static let resync = "sluice1_resync"

    static let cases = [
        Case("the first claim's reply", ([cycle], 0, .loseReply)),
        Case("a later claim's reply", ([cycle], 3, .loseReply)),
        Case("a claim's request", ([cycle], 2, .loseRequest)),
        Case("a settlement's reply", ([cycle, "completed"], 0, .loseReply)),
        Case("a later settlement's reply", ([cycle, "completed"], 4, .loseReply)),
        Case("a settlement's request", ([cycle, "completed"], 1, .loseRequest)),
        Case(
            "a settlement's request, then the resync's reply", ([cycle, "completed"], 1, .loseRequest), ([resync], 1, .loseReply)),
        Case("a settlement's reply, then the resync's reply", ([cycle, "completed"], 1, .loseReply), ([resync], 1, .loseReply)),
        Case(
            "a settlement's reply, then the resync's reply and request", ([cycle, "completed"], 1, .loseReply),
            ([resync], 1, .loseReply), ([resync], 0, .loseRequest)),
        Case("the first resync's reply", ([resync], 0, .loseReply)),
        Case("reply after reply", ([cycle], 1, .loseReply), ([cycle], 1, .loseReply), ([cycle], 1, .loseReply)),
        Case("the farewell's reply", (["sluice1_leave"], 0, .loseReply)),
    ]

    @Test(.proxied, arguments: cases, Queue.AckMode.allCases)
    func everyJobRunsOnce(of broken: Case, ack: Queue.AckMode) async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture()
        let client = try await fixture.client(through: proxy.url)
        let worker = fixture.worker(4, ack: ack, client: client)
        let runs = Recorder<Int>()
        let told = Recorder<JobID>()
        worker.handle(Numbered.self) { job, _ in
            runs.add(job.number)
            return job.number
        }
        worker.afterProcess { told.add($0.id) }
        try await fixture.client.enqueue((0..<60).map { Numbered(number: $0) })
        for fault in broken.faults { proxy.fail(fault.words, after: fault.after, with: fault.fault) }
        try await fixture.running(worker) {
            #expect(await fixture.count(.completed, is: 60))
            await told.happened.wait(for: 60)
        }
        #expect(proxy.faults.count == broken.faults.count)
        #expect(runs.all.sorted() == Array(0..<60))
        #expect(Set(told.all).count == 60 && told.all.count == 60)
        #expect(try await fixture.total("completed") == 60)
        #expect(try await fixture.total("refused") == 0)
        #expect(try await fixture.leftovers() == [])
        await client.close()
        await proxy.close()
    }

    @Test(.proxied, arguments: [FaultyProxy.Fault.loseRequest, .loseReply])
    func anEnqueueThatIsCutOffAddsOnce(fault: FaultyProxy.Fault) async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture(through: proxy.url)
        for round in 0..<3 {
            proxy.fail(["sluice1_enqueue"], after: round, with: fault)
            proxy.fail(["sluice1_enqueue"], after: round, with: fault)
        }
        let many = try await fixture.client.enqueue((0..<2500).map { Numbered(number: $0) })
        #expect(many.added == 2500 && many.existing == 0)
        try await withThrowingTaskGroup(of: Enqueued<Numbered>.self) { group in
            for number in 0..<200 { group.addTask { try await fixture.client.enqueue(Numbered(number: number)) } }
            for try await one in group { #expect(one.isNew) }
        }
        for number in 0..<10 { #expect(try await fixture.client.enqueue(Numbered(number: number)).isNew) }
        #expect(proxy.faults.count == 6)
        #expect(try await fixture.total("enqueued") == 2710)
        #expect(try await fixture.inspector.status(of: fixture.queue).states[.available] == 2710)
        #expect(try await fixture.inspector.audit(fixture.queue).isClean)
        await proxy.close()
    }

    /// The first call leaves without a task; its repetitions do not begin a patience of their own.
    @Test(.proxied) func anEnqueueIsNotRepeatedWhenThePatienceIsOver() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture()
        let client = try await fixture.client(through: proxy.url) { $0.patience = .zero }
        #expect(try await client.enqueue(Numbered(number: 0)).isNew)
        for _ in 0..<2 { proxy.fail(["sluice1_enqueue"], after: 0, with: .loseRequest) }
        let error = await #expect(throws: SluiceError.self) { try await client.enqueue(Numbered(number: 1)) }
        #expect(error?.code == .outcomeUnknown)
        #expect(proxy.faults.count == 1)
        await client.close()
        await proxy.close()
    }
}
