import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Workflows over two queues whose worker processes are killed again and again.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct WorkflowFaultTests {
    private static let width = 6
    private static let milliseconds = 50

    /// What becomes of the last node if one before it fails; nil: none fails.
    private static let kinds: [FailurePolicy?] = [nil, .cancel, .ignore, .hold]

    /// One, then six of which the first may fail, then one.
    private func diamond(_ number: Int) throws -> Workflow {
        let policy = Self.kinds[number % Self.kinds.count]
        var flow = Workflow("diamond")
        flow.id = "d\(number)"
        let first = flow.add("first", try JobRequest(kind: "load", queue: "load", arguments: "0"))
        let middle = try (0..<Self.width).map { index in
            let kind = index == 0 && policy != nil ? "failing" : "load"
            let request = try JobRequest(kind: kind, queue: index % 2 == 0 ? "away" : "load", arguments: "\(index)")
            return flow.add("m\(index)", request, after: first)
        }
        flow.add(
            "last", try JobRequest(kind: "load", queue: "away", arguments: "1"), after: middle, onFailed: policy ?? .cancel)
        return flow
    }

    @Test(arguments: ["batched", "confirmed"]) func workersAreKilledAgainAndAgain(_ ack: String) async throws {
        let load = try await Load()
        let kills = 4
        var workers: [WorkerProcess] = []
        for _ in 0..<2 { workers.append(try await load.chainWorker(ack: ack, milliseconds: Self.milliseconds)) }
        var dead: [Int32] = []
        var handles: [WorkflowHandle] = []
        for round in 0..<kills {
            let before = load.log.entries().count
            for number in round * 8..<round * 8 + 8 { handles.append(try await load.client.enqueue(diamond(number))) }
            // Each time at another point of what is going on.
            _ = await load.queues.eventually(in: "away") { load.log.entries().count >= before + 10 + round * 20 }
            let victim = workers.removeFirst()
            dead.append(victim.pid)
            workers.append(try await load.replace(victim, ack: ack, milliseconds: Self.milliseconds))
        }
        var jobs = 0
        for (number, handle) in handles.enumerated() { jobs += try await expectEnd(of: handle, number, load) }
        try await load.expectOrder(of: jobs)
        #expect(try await tooEarly(load) == [])
        // A place is free again only when the outcome is stored, so a dead worker takes no more than its places with it.
        if ack == "confirmed" { for process in dead { #expect(load.repeats(of: process) <= 2 * 10) } }
    }

    /// Each node has come to the end that its policies say. Returns how many jobs that took.
    private func expectEnd(of handle: WorkflowHandle, _ number: Int, _ load: Load) async throws -> Int {
        let policy = Self.kinds[number % Self.kinds.count]
        if policy == .hold {
            let isHeld = await load.queues.eventually(in: "away", within: .seconds(300)) {
                let nodes = try await handle.status().nodes
                return nodes[.held] == 1 && nodes[.completed] == Self.width
            }
            let status = try await handle.status()
            #expect(isHeld, "\(status)")
            try await handle.cancel("last")
        }
        let status = try await handle.wait(timeout: .seconds(300))
        #expect(status.state == (policy == nil ? .completed : .discarded), "\(handle.id)")
        var states: [String: WorkflowStatus.NodeState] = [:]
        for node in try #require(try await load.inspector.workflow(handle.id)).graph.nodes { states[node.name] = node.state }
        var expected = states.mapValues { _ in WorkflowStatus.NodeState.completed }
        if policy != nil { expected["m0"] = .discarded }
        if policy == .cancel || policy == .hold { expected["last"] = .cancelled }
        #expect(states == expected && states.count == Self.width + 2, "\(handle.id)")
        return policy == .cancel || policy == .hold ? Self.width + 1 : Self.width + 2
    }

    /// Nodes that were given to a worker before the outcome of what they come after was stored.
    private func tooEarly(_ load: Load) async throws -> [String] {
        let ends = try await load.storedEnds()
        var early: [String] = []
        for entry in load.log.entries() where !entry.isEnd {
            let parts = entry.id.split(separator: ":")
            let parents = parts[1] == "first" ? [] : parts[1] == "last" ? (0..<Self.width).map { "m\($0)" } : ["first"]
            for parent in parents where ends["\(parts[0]):\(parent)", default: .max] > Int(entry.fence) {
                early.append("\(entry.id) before \(parent)")
            }
        }
        return early
    }

    /// All at one moment run side by side: most of it is waiting.
    private static let steps =
        FaultStep.both("the settlement", "sluice1_cycle", "completed")
        + FaultStep.both("telling the workflow of a node's end", "sluice1_workflow_step", "done")
        + FaultStep.both("bringing what that releases to its queue", "sluice1_deliver")
        + FaultStep.both("the acknowledgement", "sluice1_acknowledge")

    @Test(arguments: FaultStep.Moment.allCases) func aWorkerDiesAtEachStep(_ moment: FaultStep.Moment) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for step in Self.steps where step.moment == moment { group.addTask { try await die(at: step) } }
            try await group.waitForAll()
        }
    }

    private func die(at step: FaultStep) async throws {
        let load = try await Load()
        let (near, away) = try (
            JobRequest(kind: "load", queue: "load", arguments: "0"), JobRequest(kind: "load", queue: "away", arguments: "1")
        )
        var flow = Workflow("steps")
        let first = flow.add("first", near)
        let left = flow.add("left", near, after: first)
        let right = flow.add("right", away, after: first)
        flow.add("last", near, after: [left, right])
        let handle = try await load.client.enqueue(flow)
        try await load.die(at: step)
        let status = try await handle.wait(timeout: .seconds(300))
        #expect(status.state == .completed && status.nodes == [.completed: 4], "\(step)")
        try await load.expectOrder(of: 4)
        #expect(try await load.sum("completed") == 4)
    }
}
