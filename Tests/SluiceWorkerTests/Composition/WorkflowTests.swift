import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Says its number, or fails.
private struct Part: Job {
    static let kind = "part"
    static let options = JobOptions(queue: "work", maxAttempts: 1)
    typealias Output = [Int]
    var number = 0
    var fails = false
}

/// Adds up what nodes returned.
private struct Sum: Job {
    static let kind = "sum"
    static let options = JobOptions(queue: "other", maxAttempts: 2, retry: .fixed(.zero))
    typealias Output = Int
    var nodes: [String]
}

/// Workflows as a program has them: a client, workers of two queues, real time.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowTests {
    private let fixture: Fixture
    private let order = Recorder<String>()

    init() async throws { fixture = try await Fixture(.server) }

    private func worker() -> Worker {
        let options = WorkerOptions(grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8)
        let worker = Worker(
            fixture.client, queues: [Queue("work", concurrency: 8), Queue("other", concurrency: 2)], options: options)
        worker.handle(Part.self) { [order] (part, context) -> [Int] in
            order.add(context.workflow?.node.name ?? "?")
            if part.fails { throw Failure() }
            return [part.number]
        }
        worker.handle(Sum.self) { [order] (sum, context) -> Int in
            order.add(context.workflow?.node.name ?? "?")
            var total = 0
            for node in sum.nodes {
                let numbers: [Int] = try await context.output(of: Workflow.Node(node))
                total += numbers.reduce(0, +)
            }
            return total
        }
        return worker
    }

    @Test func aDiamondOverTwoQueuesHandsOutputsOn() async throws {
        var flow = Workflow("diamond")
        let first = flow.add("first", Part(number: 1))
        let left = flow.add("left", Part(number: 2), after: first)
        let right = flow.add("right", Part(number: 3), after: first)
        flow.add("sum", Sum(nodes: ["left", "right"]), after: [left, right])
        let handle = try await fixture.client.enqueue(flow)
        #expect(handle.isNew)
        let status = try await fixture.running(worker()) { try await handle.wait(timeout: .seconds(300)) }
        #expect(status.state == .completed && status.total == 4 && status.name == "diamond" && status.ended != nil)
        #expect(try await handle.output(of: "sum") == 5)
        #expect(order.all.first == "first" && order.all.last == "sum" && order.all.count == 4)
        let graph = try #require(try await fixture.inspector.workflow(handle.id)).graph
        #expect(graph.nodes.map(\.name) == ["first", "left", "right", "sum"] && graph.edges.count == 4 && !graph.isCut)
        #expect(graph.mermaid.contains("n1 --> n3") && graph.mermaid.contains("n0[\"first\"]:::completed"))
        #expect(graph.dot.contains("\"first\" -> \"left\""))
        let error = await #expect(throws: SluiceError.self) { let _: String = try await handle.output(of: "sum") }
        #expect(error?.code == .invalidArgument)
        let unknown = await #expect(throws: SluiceError.self) { let _: Int = try await handle.output(of: "none") }
        #expect(unknown?.code == .invalidArgument)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aHandlerFansOutOverWhatItFinds() async throws {
        let worker = worker()
        worker.handle(Numbered.self) { (job, context) -> Int in
            let workflow = try #require(context.workflow)
            #expect(try await workflow.shared(as: [String].self) == ["shared"])
            var more = Workflow("items")
            more.add(each: "item", (0..<job.number).map { Part(number: $0) }, before: "sum")
            let existing = try await workflow.append(more)
            // A later attempt adds nothing.
            if context.attempt == 1 {
                #expect(existing.isEmpty)
                throw Failure()
            }
            #expect(existing.count == job.number)
            return job.number
        }
        var flow = Workflow("fan-out")
        flow.share(["shared"])
        var list = try JobRequest(Numbered(number: 20))
        list.maxAttempts = 2
        flow.add("list", list)
        flow.add("sum", Sum(nodes: (0..<20).map { "item-\($0)" }), after: "list")
        let handle = try await fixture.client.enqueue(flow)
        try await fixture.running(worker) {
            let isWaiting = await fixture.queues.eventually(in: fixture.queue) {
                try await fixture.state(JobID("\(handle.id):list")) == .retryable
            }
            #expect(isWaiting)
            try await fixture.inspector.change(.retry, ids: [JobID("\(handle.id):list")], in: fixture.queue)
            #expect(try await handle.wait(timeout: .seconds(300)).state == .completed)
        }
        #expect(try await handle.output(of: "sum") == (0..<20).reduce(0, +))
        #expect(order.all.last == "sum")
        #expect(try await fixture.leftovers() == [])
    }

    @Test func theOutputsOfAFanOutAreReadAtOnce() async throws {
        var flow = Workflow("fan")
        flow.share(["factor": 3])
        let parts = flow.add(each: "part", (0..<70).map { Part(number: $0, fails: $0 == 41) })
        flow.add("total", Numbered(), after: parts, onFailed: .ignore)
        let worker = worker()
        worker.handle(Numbered.self) { (_, context) -> Int in
            let error = await #expect(throws: SluiceError.self) {
                let _: [[Int]] = try await context.outputs(ofEach: "part")
            }
            #expect(error?.code == .noOutput && error?.message.contains("'part-41'") == true)
            return try await context.outputs(ofEach: "part", from: Part.self, skipsMissing: true).joined().reduce(0, +)
        }
        let handle = try await fixture.client.enqueue(flow)
        let status = try await fixture.running(worker) { try await handle.wait(timeout: .seconds(300)) }
        #expect(status.state == .discarded)
        let rest = (0..<70).filter { $0 != 41 }
        #expect(try await handle.output(of: "total", from: Numbered.self) == rest.reduce(0, +))
        #expect(try await handle.outputs(ofEach: "part", skipsMissing: true) == rest.map { [$0] })
        #expect(try await handle.outputs(ofEach: "pa", as: [Int].self) == [])
        #expect(try await handle.shared() == ["factor": 3])
        let unknown = fixture.client.workflow("none")
        let noOutputs = await #expect(throws: SluiceError.self) { let _: [[Int]] = try await unknown.outputs(ofEach: "part") }
        let noValue = await #expect(throws: SluiceError.self) { let _: Int = try await unknown.shared() }
        #expect(noOutputs?.code == .unknownWorkflow && noValue?.code == .unknownWorkflow)
        let plain = try await fixture.client.enqueue(Workflow("plain"))
        let nothing = await #expect(throws: SluiceError.self) { let _: Int = try await plain.shared() }
        #expect(nothing?.code == .noOutput)
    }

    @Test func aSubWorkflowEndsWhenAllOfItHas() async throws {
        var inner = Workflow("inner")
        let fetch = inner.add("fetch", Part(number: 1))
        inner.add("parse", Part(number: 2), after: fetch)
        inner.add("check", Part(number: 3), after: fetch)
        var flow = Workflow("outer")
        let start = flow.add("start", Part())
        let sub = flow.add("sub", inner, after: start)
        flow.add("sum", Sum(nodes: ["sub.parse", "sub.check"]), after: sub)
        let handle = try await fixture.client.enqueue(flow)
        let status = try await fixture.running(worker()) { try await handle.wait(timeout: .seconds(300)) }
        #expect(status.state == .completed && status.total == 6)
        #expect(order.all.first == "start" && order.all.last == "sum" && order.all[1] == "sub.fetch")
        #expect(try await handle.output(of: "sum") == 5)
    }

    @Test func aFailureGoesByThePoliciesAndIsRetried() async throws {
        var flow = Workflow("failing")
        let bad = flow.add("bad", Part(fails: true))
        flow.add("never", Part(), after: bad)
        flow.add("tidy", Part(number: 7), after: bad.onFailed(.ignore))
        flow.add("sum", Sum(nodes: ["bad"]), after: bad, onFailed: .ignore)
        let handle = try await fixture.client.enqueue(flow)
        try await fixture.running(worker()) {
            let status = try await handle.wait(timeout: .seconds(300))
            #expect(status.state == .discarded && status.nodes == [.discarded: 2, .cancelled: 1, .completed: 1])
            let error = await #expect(throws: SluiceError.self) { let _: Int = try await handle.output(of: "bad") }
            #expect(error?.code == .noOutput && error?.message.contains("discarded") == true)
            try await handle.retry("bad")
            #expect(try await handle.wait(timeout: .seconds(300)).state == .discarded)
        }
        #expect(order.all.filter { $0 == "bad" }.count == 2 && !order.all.contains("never"))
        let graph = try #require(try await fixture.inspector.workflow(handle.id)).graph
        #expect(graph.nodes.first { $0.name == "bad" }?.job?.text == "\(handle.id):bad:2")
        #expect(graph.edges.filter { $0.policy == .ignore }.count == 2)
    }

    @Test func cancellingStopsWhatRunsAndRetryingStartsItAgain() async throws {
        let worker = worker()
        let started = Recorder<Int>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            started.add(context.attempt)
            if started.all.count == 1 { try await Signalled().wait() }
            return 1
        }
        var flow = Workflow("long")
        let long = flow.add("long", Numbered())
        flow.add("after", Part(), after: long)
        let handle = try await fixture.client.enqueue(flow)
        try await fixture.running(worker) {
            await started.happened.wait()
            try await handle.cancel()
            let status = try await handle.wait(timeout: .seconds(300))
            #expect(status.state == .cancelled && status.stopped == "cancelled" && status.nodes == [.cancelled: 2])
            let error = await #expect(throws: SluiceError.self) { try await handle.append(Workflow("x")) }
            #expect(error?.code == .workflowEnded)
            try await handle.retry()
            #expect(try await handle.wait(timeout: .seconds(300)).state == .completed)
        }
        #expect(started.all.count == 2 && order.all == ["after"])
    }

    @Test func aDeadlineAndALostStartAreSeenTo() async throws {
        let virtual = try await Fixture()
        var flow = Workflow("late")
        flow.deadline = .seconds(20)
        let first = flow.add("first", Numbered())
        flow.add("second", Numbered(), after: first)
        let handle = try await virtual.client.enqueue(flow)
        // As if whoever started it had died before it was delivered.
        _ = try await virtual.client.store.call(ChangeJobs(.delete, [JobID("\(handle.id):first")]), on: virtual.queue)
        let relay = virtual.client.relay
        try await virtual.queues.advance(by: .seconds(20))
        #expect(try await relay.maintainDue { _, _ in } != nil)
        #expect(try await handle.status().stopped == "deadline")
        #expect(try await handle.status().nodes[.cancelled] == 1)
        // Its jobs have told of their end, though no worker lives.
        #expect(try await handle.wait(timeout: .seconds(300)).state.isEnded)
    }

    @Test func whatMakesNoSenseIsRefusedBeforeAnythingIsStored() async throws {
        var cycle = Workflow("cycle")
        cycle.add("a", Part(), after: "c")
        cycle.add("b", Part(), after: "a")
        cycle.add("c", Part(), after: "b")
        var own = Workflow("own")
        own.add("a", Part(), after: "a")
        var twice = Workflow("twice")
        twice.add("a", Part())
        twice.add("a", Part())
        var unknown = Workflow("unknown")
        unknown.add("a", Part(), after: "nobody")
        var named = Workflow("named")
        named.add("not a name", Part())
        var identified = Workflow("identified")
        var request = try JobRequest(Part())
        request.id = JobID("own")
        identified.add("a", request)
        var before = Workflow("before")
        before.add("a", Part(), before: "b")
        before.add("b", Part())
        var bad = Workflow("bad")
        bad.id = "no id"
        for (flow, message) in [
            (cycle, "cycle"), (own, "cycle"), (twice, "two nodes"), (unknown, "nobody"), (named, "not a valid name of a node"),
            (identified, "id of its own"), (before, "comes before"), (bad, "not a valid name of a workflow"),
        ] {
            let error = await #expect(throws: SluiceError.self, "\(flow.name)") { try await fixture.client.enqueue(flow) }
            #expect(error?.code == .invalidArgument && error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
        #expect(try await fixture.queues.dump().isEmpty)
        let error = await #expect(throws: SluiceError.self) { _ = try await fixture.client.workflow("none").status() }
        #expect(error?.code == .unknownWorkflow)
        await #expect(throws: SluiceError.self) { try await fixture.client.workflow("none").cancel() }
        await #expect(throws: SluiceError.self) { try await fixture.client.workflow("none").append(Workflow("x")) }
    }

    @Test func namesAndIdsAreUnique() async throws {
        var flow = Workflow("nightly")
        flow.isUnique = true
        flow.add("a", Part())
        let first = try await fixture.client.enqueue(flow)
        let second = try await fixture.client.enqueue(flow)
        #expect(first.isNew && !second.isNew && first.id == second.id)
        #expect(try await fixture.running(worker()) { try await first.wait(timeout: .seconds(300)) }.state == .completed)
        let third = try await fixture.client.enqueue(flow)
        #expect(third.isNew && third.id != first.id)
        var own = Workflow("own")
        own.id = "own-1"
        own.add("a", Part())
        #expect(try await fixture.client.enqueue(own).isNew)
        #expect(try await !fixture.client.enqueue(own).isNew)
    }

    @Test func largeOnesGoInPages() async throws {
        var flow = Workflow("large")
        let first = flow.join("first", after: [Workflow.Node]())
        let items = flow.add(each: "item", (0..<2500).map { Part(number: $0) }, after: first)
        flow.join("all", after: items)
        #expect(flow.add(each: "none", [Part](), after: first).isEmpty)
        let handle = try await fixture.client.enqueue(flow)
        #expect(try await handle.status().nodes == [.active: 2500, .completed: 1, .suspended: 1])
        let status = try await fixture.running(worker()) { try await handle.wait(timeout: .seconds(120)) }
        #expect(status.state == .completed && order.all.count == 2500)
        #expect(try await fixture.inspector.workflow(handle.id, nodes: 10, edges: 5)?.graph.isCut == true)
    }
}

/// Waits until its task is cancelled.
private struct Signalled {
    func wait() async throws {
        let stream = AsyncStream<Void> { _ in }
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
