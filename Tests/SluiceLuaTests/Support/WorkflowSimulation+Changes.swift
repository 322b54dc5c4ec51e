import SluiceCore
import SluiceStore
import SluiceTesting

/// What is done to a workflow while it runs and when it is at rest, and what it has to look like then.
extension WorkflowSimulation {
    private func anyName() -> String { base.order.randomElement(using: &numbers) ?? "" }

    /// A node, a branch, or all.
    private func anyBranch() -> String? {
        let name = anyName()
        return chance(25) ? nil : chance(50) ? name : String(name.prefix { $0 != "." })
    }

    /// Changes something while all is running.
    func interfere() async throws {
        if isPredictable || chance(30) { return try await append() }
        try await carry([chance(40) ? .cancel(anyBranch()) : .retry(anyBranch())])
    }

    /// Adds a node after some and before one, which may be refused, as it may have started.
    private func append() async throws {
        let count = base.order.count
        let parents = Set((0..<Int.random(in: 0...3, using: &numbers)).map { _ in anyName() }).sorted()
        let children = Set(chance(40) ? [anyName()] : []).subtracting(parents).sorted()
        let node = RandomGraph.Node(
            name: "x\(count % 3).n\(count)", isVirtual: chance(20), after: parents.map { RandomGraph.edge(to: $0, &numbers) },
            end: chance(80) ? .completed : .discarded)
        let before = children.map { RandomGraph.edge(to: $0, &numbers) }
        let call = WorkflowAdd(head: nil, token: "more", nodes: [node.stored(before: before)])
        do {
            let reply = try await flow.call(call)
            guard reply.word == .ok else { return }
            base.add(node, before: before)
            expected = base.settled()
            try await follow(reply.step)
            if chance(30), try await flow.call(call).existing != [node.name] { faults.append("\(node.name) was added twice") }
        } catch let error as SluiceError where error.code == .invalidArgument {
            if !error.message.contains("has started") && !error.message.contains("a cycle") { faults.append(error.message) }
        }
    }

    /// Changes something when all is at rest, so that it is known what becomes of each node.
    func change() async throws {
        let branch = anyBranch()
        if chance(40) {
            base.cancel(branch)
            expected = base.settled()
            try await carry([.cancel(branch)])
        } else {
            var numbers = numbers
            base.retry(branch) { _ in RandomGraph.end(failing: 10, &numbers) }
            self.numbers = numbers
            expected = base.settled()
            try await carry([.retry(branch)])
        }
    }

    /// From here on nothing fails, and all that has failed is retried.
    func heal() async throws {
        base.letAll(.completed)
        try await carry([.retry(nil)])
    }

    /// Every node is where the model has it.
    func checkStates() async throws {
        for node in try await flow.call(ListNodes(from: 0)) where node.state != expected.states[node.name] {
            faults.append("\(node.name) is \(node.state), not \(expected.states[node.name] ?? "?")")
        }
        let state = try await flow.state()
        if state != expected.state { faults.append("the whole is \(state ?? "gone"), not \(expected.state)") }
        base = expected
        ended.formUnion(base.order.filter(base.isOver))
    }

    /// Whatever happened: what each node is agrees with what those are that it comes after, and the whole with all of them.
    func checkAgreement(all wanted: String? = nil) async throws {
        var states: [String: String] = [:]
        for node in try await flow.call(ListNodes(from: 0)) { states[node.name] = node.state }
        for (name, state) in states {
            let parents = (base.nodes[name]?.after ?? []).map { (policy: $0.policy, state: states[$0.node] ?? "?") }
            let barriers = parents.filter { $0.policy != .ignore && WorkflowModel.bad.contains($0.state) }
            let agrees =
                switch state {
                case "completed", "discarded": parents.allSatisfy { $0.policy == .ignore || $0.state == "completed" }
                case "held": !barriers.isEmpty && barriers.allSatisfy { $0.policy == .hold }
                case "suspended": barriers.isEmpty && parents.contains { ["held", "suspended"].contains($0.state) }
                case "cancelled": true
                default: false
                }
            if !agrees || wanted != nil && state != wanted { faults.append("\(name) is \(state), after \(parents)") }
        }
        let all = Set(states.values)
        let isRunning = !all.isDisjoint(with: ["held", "suspended"])
        let whole =
            isRunning
            ? "running" : all.contains("discarded") ? "discarded" : all.contains("cancelled") ? "cancelled" : "completed"
        let state = try await flow.state()
        if state != whole { faults.append("the whole is \(state ?? "gone"), not \(whole)") }
    }
}
