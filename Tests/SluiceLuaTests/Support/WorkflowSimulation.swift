import SluiceCore
import SluiceStore
import SluiceTesting

/// Runs a workflow by workers that die and couriers that drop, repeat and reorder what they carry, while others add to it, until
/// all is at rest.
final class WorkflowSimulation {
    let flow: LuaWorkflow
    let queue: LuaQueue
    /// As all was when it last was at rest, with what was added since.
    var base: WorkflowModel
    /// What is to become of that.
    var expected: WorkflowModel
    var numbers: SplitMix
    var faults: [String] = []
    /// How many in a hundred steps are followed by a change while all is running: see `interfere`.
    var interference = 0
    /// Whether it is known beforehand what becomes of each node.
    var isPredictable = true

    private let deadline: Duration?
    private var workers: [ScriptedWorker] = []
    /// Those that died as well.
    private var everybody: [ScriptedWorker] = []
    private var names = 0
    private var messages: [OutboxMessage] = []
    private var starts: [String: Int] = [:]
    private var cancelled: Set<JobID> = []
    /// Nodes whose jobs have completed.
    private var completed: Set<String> = []
    /// Those that have ended at least once, as far as anybody has asked.
    var ended: Set<String> = []

    init(_ graph: RandomGraph, numbers: SplitMix, deadline: Duration? = nil) async throws {
        base = WorkflowModel(graph.nodes)
        expected = base.settled()
        self.numbers = numbers
        self.deadline = deadline
        flow = try await LuaWorkflow()
        queue = try await LuaQueue("mail", in: flow.queues)
        // What is dropped for good here would be held for a suspect.
        _ = try await queue.fcall(["configure", "crashes", "1000"])
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &numbers) < percent }

    /// Stores it, in pages, and starts it.
    func start() async throws {
        let head = WorkflowAdd.Head(name: "random", deadline: deadline, context: "")
        let stored = base.order.compactMap { base.nodes[$0]?.stored() }
        for page in stride(from: 0, to: stored.count, by: 50) {
            let nodes = Array(stored[page..<min(page + 50, stored.count)])
            for _ in 0..<(chance(20) ? 2 : 1) { _ = try await flow.call(WorkflowAdd(head: head, token: "t", nodes: nodes)) }
        }
        try await carry([.start])
    }

    /// Lets it run until nothing moves.
    func comeToRest() async throws {
        for round in 0..<5000 {
            try await step()
            if chance(interference) { try await interfere() }
            if try await isAtRest() { return }
            // What was lost comes again by time alone.
            if round % 4 == 0 { try await queue.advance(3) }
        }
        faults.append("it never came to rest: " + (try await flow.states()))
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
        let outcomes = settled.map { ($0, outcome(of: $0)) }
        let reply = try await worker.cycle(Int.random(in: 0...10, using: &numbers), outcomes)
        for (id, outcome) in outcomes {
            // A refused one had lost its lease, since nobody had let its worker call.
            if reply.refused.contains(id) { continue }
            ended.insert(node(id))
            if case .completed = outcome { completed.insert(node(id)) }
        }
        cancelled.formUnion(reply.cancel)
        for job in reply.jobs { started(job.id) }
        messages += reply.messages
        // Its lease ended while it was not drawn. Without this, all three would be forgotten in the end, and claim nothing.
        if reply.mustResync { try await worker.resync() }
        try await deliverMessages()
    }

    private func node(_ id: JobID) -> String { String(id.text.split(separator: ":")[1]) }

    private func outcome(of id: JobID) -> Settlement.Outcome {
        if cancelled.contains(id) { return .cancelled(error: "\"x\"") }
        switch base.nodes[node(id)]?.end {
        case .cancelled: return .cancelled(error: "\"x\"")
        case .discarded, .deleted: return .discarded(error: "\"x\"")
        case .completed, nil: return .completed(result: nil)
        }
    }

    private func started(_ id: JobID) {
        starts[id.text, default: 0] += 1
        let name = node(id)
        for edge in base.nodes[name]?.after ?? [] {
            if edge.policy != .ignore, !isDone(edge.node) { faults.append("\(name) started before \(edge.node) had completed") }
            if isPredictable, !isOver(edge.node) { faults.append("\(name) started before \(edge.node) had ended") }
        }
    }

    /// Whether a node has completed: its job has; without one, what has to before it.
    private func isDone(_ name: String) -> Bool {
        guard let node = base.nodes[name], node.isVirtual else { return completed.contains(name) }
        return node.after.allSatisfy { $0.policy == .ignore || isDone($0.node) }
    }

    /// Whether a node has ended at least once: its job has, if it runs at all. One that never runs ends with what it comes after.
    private func isOver(_ name: String) -> Bool {
        if ended.contains(name) || base.isOver(name) { return true }
        guard let node = base.nodes[name], isCancelled(node) || node.isVirtual && node.after.allSatisfy({ isOver($0.node) })
        else {
            return false
        }
        ended.insert(name)
        return true
    }

    /// Whether it was cancelled because of a node before it that has ended.
    private func isCancelled(_ node: RandomGraph.Node) -> Bool {
        node.after.contains { $0.policy == .cancel && expected.isBad($0.node) && isOver($0.node) }
    }

    private func deliverMessages() async throws {
        messages.shuffle(using: &numbers)
        for message in messages.prefix(chance(30) ? messages.count : 5) where !chance(15) {
            guard case .node(_, let name, let job, let state, let output) = message.event else { continue }
            let arrived = try await carry([.done(node: name, job: job, state: state, output: output)])
            if arrived, !chance(10) { _ = try await queue.call(Acknowledge([message.number])) }
        }
        messages.removeAll { _ in !chance(10) }
    }

    /// Moves the workflow on, unless whoever does dies at one step or another. Returns whether all was done.
    @discardableResult
    func carry(_ verbs: [WorkflowStep.Verb]) async throws -> Bool {
        try await follow(try await flow.call(WorkflowStep(verbs)))
    }

    /// Does what a call asks for, likewise.
    @discardableResult
    func follow(_ first: WorkflowStep.Reply) async throws -> Bool {
        var reply = first
        while true {
            if chance(10) { return false }
            for _ in 0..<(chance(10) ? 2 : 1) where !reply.nodes.isEmpty {
                _ = try await queue.call(Deliver(validUntil: reply.now + 60_000, items: reply.nodes.map(\.item)))
            }
            if chance(5) { return false }
            if !reply.stops.isEmpty { _ = try await queue.call(ChangeJobs(.cancel, reply.stops.map(\.job))) }
            let verbs: [WorkflowStep.Verb] = chance(50) && !reply.nodes.isEmpty ? [.released(reply.nodes.map(\.name))] : []
            if !reply.hasMore && verbs.isEmpty { return true }
            reply = try await flow.call(WorkflowStep(verbs))
        }
    }

    private func isAtRest() async throws -> Bool {
        if chance(20) { try await carry([.maintain]) }
        let status = try await flow.call(ReadWorkflow())
        guard status["nodes.active"] == "0", try await queue.redis("ZCARD", "outbox") == "0" else { return false }
        return try await flow.leftovers().allSatisfy { $0.contains(":need:") || $0.contains(":bad:") }
    }

    /// What is wrong with how often jobs ran.
    func checkStarts() {
        let deaths = everybody.flatMap(\.tookBack).reduce(into: [:]) { $0[$1.text, default: 0] += 1 }
        // One that is to be cancelled does not run again after the death of its worker.
        for (id, count) in starts where count > 1 + deaths[id, default: 0] || isPredictable && count <= deaths[id, default: 0] {
            faults.append("\(id) started \(count) times, taken back \(deaths[id, default: 0]) times")
        }
        for (name, state) in expected.states where isPredictable && ["completed", "discarded"].contains(state) {
            let ran = starts["w:\(name)"] != nil
            if ran == base.nodes[name]?.isVirtual ?? false { faults.append("\(name), \(state), \(ran ? "ran" : "did not run")") }
        }
    }
}
