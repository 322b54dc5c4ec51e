import SluiceCore
import SluiceStore

/// What a reader of the documentation expects to become of the nodes of a workflow. Changes are made to it when all is at rest.
struct WorkflowModel {
    private(set) var nodes: [String: RandomGraph.Node] = [:]
    /// Names, as they were added.
    private(set) var order: [String] = []
    /// What has become of nodes; none before anything has.
    private(set) var states: [String: String] = [:]
    /// Edges, as `from to`, whose earlier node has failed once, which did not matter.
    private var passed: Set<String> = []

    static let bad: Set = ["cancelled", "discarded"]

    init(_ nodes: [RandomGraph.Node]) {
        for node in nodes { add(node) }
    }

    mutating func add(_ node: RandomGraph.Node, before children: [WorkflowEdge] = []) {
        nodes[node.name] = node
        order.append(node.name)
        for child in children { nodes[child.node]?.after.append(WorkflowEdge(node.name, child.policy)) }
    }

    /// The whole.
    var state: String {
        let all = Set(order.map { states[$0] ?? "suspended" })
        if !all.isDisjoint(with: ["held", "suspended"]) { return "running" }
        return all.contains("discarded") ? "discarded" : all.contains("cancelled") ? "cancelled" : "completed"
    }

    /// All has come to rest.
    func settled() -> WorkflowModel {
        var model = self
        var open = Set(order.filter { !model.isOver($0) })
        for name in order { _ = model.settle(name, &open) }
        for node in nodes.values {
            for edge in node.after where edge.policy == .ignore && model.isBad(edge.node) {
                model.passed.insert("\(edge.node) \(node.name)")
            }
        }
        return model
    }

    func isBad(_ name: String) -> Bool { Self.bad.contains(states[name] ?? "") }
    func isOver(_ name: String) -> Bool { isBad(name) || states[name] == "completed" }

    /// Those before a node whose ends matter to it, and that ended otherwise than completed.
    func barriers(of name: String) -> [WorkflowEdge] {
        (nodes[name]?.after ?? []).filter { $0.policy != .ignore && isBad($0.node) }
    }

    private mutating func settle(_ name: String, _ open: inout Set<String>) -> String {
        guard open.remove(name) != nil, let node = nodes[name] else { return states[name] ?? "a cycle" }
        var waits = false
        for edge in node.after {
            let state = settle(edge.node, &open)
            if !isOver(edge.node) {
                waits = waits || edge.policy != .ignore || !passed.contains("\(edge.node) \(name)")
                if state == "a cycle" {
                    // The library takes no cycle of nodes that wait for each other. An edge whose failure was ignored is none of them,
                    // and it may have been ignored since all was at rest.
                    if edge.policy == .ignore { continue }
                    open.insert(name)
                    return state
                }
            }
        }
        let policies = Set(barriers(of: name).map(\.policy))
        let state =
            policies.contains(.cancel)
            ? "cancelled"
            : policies.contains(.hold) ? "held" : waits ? "suspended" : node.isVirtual ? "completed" : node.end.rawValue
        states[name] = state
        return state
    }

    private func isMeant(_ name: String, _ branch: String?) -> Bool {
        guard let branch else { return true }
        return name == branch || name.hasPrefix(branch + ".")
    }

    /// What has not started and is in a branch, or in all, is cancelled.
    mutating func cancel(_ branch: String?) {
        if state != "running" { return }
        for name in order where isMeant(name, branch) && !isOver(name) { states[name] = "cancelled" }
    }

    /// What failed runs again, unless something before it that matters has failed; so does what was cancelled because of it alone.
    mutating func retry(_ branch: String?, end: (RandomGraph.Node) -> OutboxMessage.EndState) {
        var again = Set(order.filter { isMeant($0, branch) && isBad($0) && barriers(of: $0).isEmpty })
        var count = -1
        while again.count != count {
            count = again.count
            for name in order where states[name] == "cancelled" {
                let barriers = barriers(of: name)
                if !barriers.isEmpty, barriers.allSatisfy({ again.contains($0.node) }) { again.insert(name) }
            }
        }
        for name in order where again.contains(name) {
            states[name] = nil
            if let node = nodes[name] { nodes[name]?.end = end(node) }
        }
    }

    /// From now on all jobs end so.
    mutating func letAll(_ end: OutboxMessage.EndState) {
        for name in order { nodes[name]?.end = end }
    }
}
