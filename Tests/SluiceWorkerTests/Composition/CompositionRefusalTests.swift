import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import Testing

/// Workflows and batches that make no sense are refused before anything is stored; what is odd and makes sense goes by its rule.
@Suite(.timeLimit(.minutes(10)))
struct CompositionRefusalTests {
    private let fixture: Fixture

    init() async throws { fixture = try await Fixture() }

    private var client: SluiceClient { fixture.client }

    /// Expects an error, and that Redis has what it had.
    private func expectRefused(
        _ message: String, _ code: SluiceError.Code = .invalidArgument, sourceLocation: SourceLocation = #_sourceLocation,
        _ call: () async throws -> Void
    ) async throws {
        let before = try await fixture.queues.dump()
        let error = await #expect(throws: SluiceError.self, sourceLocation: sourceLocation) { try await call() }
        #expect(error?.code == code, "\(error?.description ?? "")", sourceLocation: sourceLocation)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        #expect(try await fixture.queues.dump() == before, sourceLocation: sourceLocation)
    }

    private func refuse(
        _ message: String, _ code: SluiceError.Code = .invalidArgument, sourceLocation: SourceLocation = #_sourceLocation,
        _ make: (inout Workflow) throws -> Void
    ) async throws {
        var flow = Workflow("flow")
        try make(&flow)
        let made = flow
        try await expectRefused(message, code, sourceLocation: sourceLocation) { try await client.enqueue(made) }
    }

    @Test func nodesThatMakeNoSense() async throws {
        try await refuse("cannot follow the job 'other'") { flow in
            var request = try JobRequest(Numbered())
            request.after = FollowUp(JobHandle(JobID("other"), in: "work"))
            flow.add("a", request)
        }
        try await refuse("priority") { flow in
            var request = try JobRequest(Numbered())
            request.priority = 10
            flow.add("a", try JobRequest(Numbered()))
            flow.add("b", request)
        }
        try await refuse("above the limit", .payloadTooLarge) { flow in
            flow.add("a", try JobRequest(kind: "k", queue: "work", arguments: "\"\(String(repeating: "x", count: 8 << 20))\""))
        }
        for name in ["", "a b", "a:b", "a\n", "ü", String(repeating: "n", count: 65)] {
            try await refuse("not a valid name of a node") { $0.add(name, Numbered()) }
        }
        try await refuse("too long together") { flow in
            flow.id = WorkflowID(known: String(repeating: "i", count: 64))
            flow.add(String(repeating: "n", count: 57), Numbered())
        }
        // A workflow within one: names that it makes, and a cycle through it.
        var inner = Workflow("inner")
        inner.add("x", Numbered())
        try await refuse("two nodes") { flow in
            flow.add("sub.x", Numbered())
            flow.add("sub", inner)
        }
        try await refuse("cycle") { flow in
            flow.add("sub", inner, after: "end")
            flow.add("end", Numbered(), after: "sub.x")
        }
        try await refuse("cannot compensate") { flow in
            let first = flow.add("first", Numbered())
            flow.add("undo", Numbered(), after: first, onFailed: .compensate)
        }
        var unfit = Workflow("unfit")
        unfit.add("a b", Numbered())
        try await refuse("not a valid name of a node") { $0.add("sub", unfit) }
    }

    @Test func workflowsThatMakeNoSense() async throws {
        for text in ["", "a b", "a}b", "ü", String(repeating: "i", count: 65)] {
            #expect(throws: SluiceError.self) { try WorkflowID(text) }
            let id = WorkflowID(stringLiteral: text)
            try await refuse("not a valid name of a workflow") { $0.id = id }
            await #expect(throws: SluiceError.self) { try await client.workflow(id).status() }
            await #expect(throws: SluiceError.self) { try await client.workflow(id).cancel() }
            await #expect(throws: SluiceError.self) { try await client.workflow(id).append(Workflow("x")) }
            await #expect(throws: SluiceError.self) { let _: Int = try await client.workflow(id).output(of: "a") }
        }
        try await refuse("256 bytes") { $0.name = String(repeating: "n", count: 257) }
        try await refuse("not a valid name of a unique workflow") { flow in
            flow.name = "not a name"
            flow.isUnique = true
        }
        for deadline in [Duration.zero, .seconds(-1)] {
            try await refuse("would be over before it starts") { $0.deadline = deadline }
        }
        try await refuse("shares", .payloadTooLarge) { $0.share(String(repeating: "x", count: 8 << 20)) }
        try await refuse("cannot be encoded") { $0.share(Double.infinity) }
    }

    @Test func handlesOfNothing() async throws {
        let handle = client.workflow("none")
        try await expectRefused("none", .unknownWorkflow) { let _: Int = try await handle.output(of: "a") }
        try await expectRefused("none", .unknownWorkflow) { try await handle.retry() }
        try await expectRefused("none", .unknownWorkflow) { _ = try await handle.wait(timeout: .seconds(1)) }
        try await expectRefused("not a valid name of a node") { try await handle.cancel("a b") }
        try await expectRefused("not a valid name of a node") { try await handle.retry("-\n") }
    }

    @Test func whatIsOddAndMakesSense() async throws {
        // Nothing at all; a fan-out over nothing, of which one comes after.
        #expect(try await client.enqueue(Workflow("empty")).status().state == .completed)
        var flow = Workflow("nothing")
        let none = flow.add(each: "item", [Numbered]())
        flow.join("end", after: none)
        flow.add("sub", Workflow("inner"), after: "end")
        #expect(none.isEmpty)
        #expect(try await client.enqueue(flow).status().state == .completed)
        // Ten thousand in one go.
        var large = Workflow("large")
        let first = large.add("first", Numbered())
        large.add(each: "item", (0..<10_000).map { Numbered(number: $0) }, after: first)
        #expect(try await client.enqueue(large).status().nodes == [.active: 1, .suspended: 10_000])
    }

    @Test func batchesThatMakeNoSense() async throws {
        for id in ["", "a b", "a}b", "ü", String(repeating: "i", count: 65)] {
            #expect(throws: SluiceError.self) { try BatchID(id) }
        }
        for name in ["", "a b", String(repeating: "i", count: 129)] { #expect(throws: SluiceError.self) { try JobID(name) } }
        var follower = try JobRequest(Numbered())
        follower.after = FollowUp(JobHandle(JobID("other"), in: "work"))
        var named = try JobRequest(Numbered())
        named.id = JobID("own")
        var urgent = try JobRequest(Numbered())
        urgent.priority = -1
        for (callback, message) in [(follower, "no job to follow"), (named, "no other id"), (urgent, "priority")] {
            try await expectRefused(message) { _ = try await client.openBatch("b", on: [.completed: callback]) }
        }
        try await expectRefused("never opened", .batchEnded) {
            _ = try await client.openBatch("child", within: BatchID("none"))
        }
        let unknown = client.batch(BatchID("none"))
        try await expectRefused("never opened", .batchEnded) { try await unknown.add([Numbered()]) }
        try await expectRefused("no such batch", .batchEnded) { try await client.relay.tell(unknown.id, .seal) }
        #expect(try await unknown.status() == nil)
    }

    @Test func aBatchThatIsOverTakesNobodyAndStoresNothing() async throws {
        let batch = try await client.openBatch("over", id: BatchID("over"))
        try await batch.seal()
        #expect(try await batch.status()?.finished != nil)
        try await expectRefused("nothing was added", .batchEnded) { try await batch.add([Numbered()]) }
        try await expectRefused("nothing was added", .batchEnded) {
            _ = try await client.openBatch("child", within: batch.id)
        }
        // A sealed one takes members as long as one of its own has not ended.
        let sealed = try await client.openBatch("sealed", id: BatchID("sealed"))
        try await sealed.add([Numbered()])
        try await sealed.seal()
        #expect(try await sealed.add([Numbered()]).added == 1)
        #expect(try await sealed.status()?.total == 2)
        // One that cannot be enqueued keeps those of its page out.
        var urgent = try JobRequest(Numbered())
        urgent.priority = 11
        let page = [try JobRequest(Numbered()), urgent]
        try await expectRefused("priority") { try await sealed.add(page) }
    }

    @Test func followUpsOfNothing() async throws {
        let before = try await fixture.queues.dump()
        var request = try JobRequest(Numbered())
        request.after = FollowUp(JobHandle(JobID("never"), in: "work"))
        let refused = request
        let error = await #expect(throws: SluiceError.self) { try await client.enqueue(refused) }
        #expect(error?.code == .parentUnknown)
        let new = Set(try await fixture.queues.dump().keys).subtracting(before.keys)
        #expect(
            new.allSatisfy { $0 == "queues" || $0.hasSuffix(":config") || $0.hasSuffix(":calls") },
            "\(new)")
        // A batch whose member follows nobody has that member not.
        let batch = try await client.openBatch("b", id: BatchID("b"))
        await #expect(throws: SluiceError.self) { try await batch.add([refused]) }
        try await batch.seal()
        #expect(try await batch.status()?.total == 0)
    }
}
