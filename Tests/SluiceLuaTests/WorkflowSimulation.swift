import SluiceCore
import SluiceStore
import SluiceTesting

/// Runs a workflow by workers that die and couriers that drop, repeat and reorder what they carry, until all is at rest.
final class WorkflowSimulation {
    private let flow: LuaWorkflow
    private let queue: LuaQueue
    private let graph: RandomGraph
    private let finalStates: [String: String]
    private let byName: [String: RandomGraph.Node]
    private var numbers: SplitMix
    private var workers: [ScriptedWorker] = []
    /// Those that died as well.
    private var everybody: [ScriptedWorker] = []
    private var names = 0
    private var facts: [Fact] = []
    private var starts: [String: Int] = [:]
    private var ended: Set<String> = []
    private(set) var faults: [String] = []

    init(_ graph: RandomGraph, numbers: SplitMix) async throws {
        self.graph = graph
        finalStates = graph.finalStates
        byName = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.name, $0) })
        self.numbers = numbers
        flow = try await LuaWorkflow()
        queue = try await LuaQueue("mail", in: flow.queues)
        // What is dropped for good here would be held for a suspect.
        _ = try await queue.fcall(["configure", "crashes", "1000"])
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &numbers) < percent }

    /// Runs it. Returns what is wrong in the end.
    func run() async throws -> [String] {
        let head = WorkflowAdd.Head(name: "random", deadline: nil, context: "")
        for page in stride(from: 0, to: graph.nodes.count, by: 50) {
            let nodes = Array(graph.stored[page..<min(page + 50, graph.nodes.count)])
            for _ in 0..<(chance(20) ? 2 : 1) { _ = try await flow.call(WorkflowAdd(head: head, token: "t", nodes: nodes)) }
        }
        try await carry([.start])
        for round in 0..<5000 {
            try await step()
            if try await isAtRest() { return try await verdict() }
            // What was lost comes again by time alone.
            if round % 4 == 0 { try await queue.advance(3) }
        }
        return faults + ["it never came to rest: " + (try await flow.states())]
    }

    private func step() async throws {
        if workers.count < 3 {
            names += 1
            workers.append(try await queue.worker("w\(names)", lease: .seconds(10)))
            everybody += workers.suffix(1)
        }
        let index = Int.random(in: 0..<workers.count, using: &numbers)
        let worker = workers[index]
        if chance(5), !worker.running.isEmpty {
            workers.remove(at: index)
            return
        }
        let settled = worker.running.keys.sorted().filter { _ in chance(60) }
        let reply = try await worker.cycle(Int.random(in: 0...10, using: &numbers), settled.map { ($0, outcome(of: $0)) })
        // A refused one had lost its lease, since nobody had let its worker call.
        for id in settled where !reply.refused.contains(id) { ended.insert(node(id)) }
        for job in reply.jobs { started(job.id) }
        facts += reply.facts
        try await deliverFacts()
    }

    private func node(_ id: JobID) -> String { String(id.text.split(separator: ":")[1]) }

    private func outcome(of id: JobID) -> Settlement.Outcome {
        switch byName[node(id)]?.end {
        case .cancelled: .cancelled(error: "\"x\"")
        case .discarded, .deleted: .discarded(error: "\"x\"")
        case .completed, nil: .completed(result: nil)
        }
    }

    private func started(_ id: JobID) {
        starts[id.text, default: 0] += 1
        guard let node = byName[node(id)] else { return }
        for edge in node.after where !isOver(edge.node) { faults.append("\(node.name) started before \(edge.node) had ended") }
    }

    /// Whether a node has ended: its job has, if it runs at all. One that never runs ends with what it comes after.
    private func isOver(_ name: String) -> Bool {
        if ended.contains(name) { return true }
        guard let node = byName[name], isCancelled(node) || node.isVirtual && node.after.allSatisfy({ isOver($0.node) }) else {
            return false
        }
        ended.insert(name)
        return true
    }

    /// Whether it was cancelled because of a node before it that has ended.
    private func isCancelled(_ node: RandomGraph.Node) -> Bool {
        node.after.contains { edge in
            edge.policy == .cancel && ["cancelled", "discarded"].contains(finalStates[edge.node] ?? "") && isOver(edge.node)
        }
    }

    private func deliverFacts() async throws {
        facts.shuffle(using: &numbers)
        for fact in facts.prefix(chance(30) ? facts.count : 5) where !chance(15) {
            guard case .node(_, let name, let job, let state, let output) = fact.news else { continue }
            let arrived = try await carry([.done(node: name, job: job, state: state, output: output)])
            if arrived, !chance(10) { _ = try await queue.call(Acknowledge([fact.number])) }
        }
        facts.removeAll { _ in !chance(10) }
    }

    /// Moves the workflow on, unless whoever does dies at one step or another. Returns whether all was done.
    @discardableResult
    private func carry(_ verbs: [WorkflowStep.Verb]) async throws -> Bool {
        var verbs = verbs
        while true {
            let reply = try await flow.call(WorkflowStep(verbs))
            if chance(10) { return false }
            for _ in 0..<(chance(10) ? 2 : 1) where !reply.nodes.isEmpty {
                _ = try await queue.call(Deliver(validUntil: reply.now + 60_000, items: reply.nodes.map(\.item)))
            }
            if chance(5) { return false }
            verbs = chance(50) && !reply.nodes.isEmpty ? [.released(reply.nodes.map(\.name))] : []
            if !reply.hasMore && verbs.isEmpty { return true }
        }
    }

    private func isAtRest() async throws -> Bool {
        if chance(20) { try await carry([.tend]) }
        let status = try await flow.call(ReadWorkflow())
        guard status["nodes.active"] == "0", try await queue.redis("ZCARD", "outbox") == "0" else { return false }
        return try await flow.leftovers().allSatisfy { $0.contains(":need:") || $0.contains(":bad:") }
    }

    private func verdict() async throws -> [String] {
        let expected = finalStates
        for node in try await flow.call(ListNodes(from: 0)) where node.state != expected[node.name] {
            faults.append("\(node.name) is \(node.state), not \(expected[node.name] ?? "?")")
        }
        let deaths = everybody.flatMap(\.tookBack).reduce(into: [:]) { $0[$1.text, default: 0] += 1 }
        for (id, count) in starts where count != 1 + deaths[id, default: 0] {
            faults.append("\(id) started \(count) times, taken back \(deaths[id, default: 0]) times")
        }
        for (name, state) in expected where !["held", "suspended"].contains(state) {
            let ran = starts["w:\(name)"] != nil
            let isVirtual = byName[name]?.isVirtual ?? false
            if state != "cancelled", ran == isVirtual { faults.append("\(name), \(state), \(ran ? "ran" : "did not run")") }
        }
        let stays = expected.values.contains("held")
        let state = try await flow.state()
        let wanted =
            stays || expected.values.contains("suspended")
            ? "running"
            : expected.values.contains("discarded")
                ? "discarded" : expected.values.contains("cancelled") ? "cancelled" : "completed"
        if state != wanted { faults.append("the whole is \(state ?? "gone"), not \(wanted)") }
        return faults + (try await queue.audit())
    }
}
