import SluiceCore
import SluiceStore
import SluiceTesting

/// A random workflow of up to 200 nodes, with how each job will end, and what has to become of each node.
struct RandomGraph {
    struct Node {
        var name: String
        var isVirtual: Bool
        var after: [WorkflowEdge]
        /// How its job ends, if it runs.
        var end: Fact.EndState
    }

    let nodes: [Node]

    init(_ numbers: inout SplitMix, most: Int = 200) {
        let count = Int.random(in: 1...most, using: &numbers)
        let width = Int.random(in: 1...20, using: &numbers)
        let failing = Int.random(in: 0...20, using: &numbers)
        let policies: [EdgePolicy] = [.cancel, .cancel, .ignore, .hold]
        nodes = (0..<count).map { index in
            let parents = index == 0 ? 0 : Int.random(in: 0...min(4, index), using: &numbers)
            let first = max(0, index - width)
            let names = Set((0..<parents).map { _ in Int.random(in: first..<max(index, first + 1), using: &numbers) })
            let after = names.sorted().filter { $0 < index }.map { parent in
                WorkflowEdge("n\(parent)", policies[Int.random(in: 0..<policies.count, using: &numbers)])
            }
            let fails = Int.random(in: 0..<100, using: &numbers) < failing
            let end: Fact.EndState = !fails ? .completed : Bool.random(using: &numbers) ? .discarded : .cancelled
            return Node(name: "n\(index)", isVirtual: Int.random(in: 0..<8, using: &numbers) == 0, after: after, end: end)
        }
    }

    /// The states in which everything comes to rest, by node: what a reader of the documentation would expect.
    var finalStates: [String: String] {
        var states: [String: String] = [:]
        for node in nodes {
            let bad = node.after.filter { ["cancelled", "discarded"].contains(states[$0.node] ?? "") }
            let waits = node.after.contains { ["held", "suspended"].contains(states[$0.node] ?? "") }
            if bad.contains(where: { $0.policy == .cancel }) {
                states[node.name] = "cancelled"
            } else if bad.contains(where: { $0.policy == .hold }) {
                states[node.name] = "held"
            } else if waits {
                states[node.name] = "suspended"
            } else {
                states[node.name] = node.isVirtual ? "completed" : node.end.rawValue
            }
        }
        return states
    }

    /// The nodes as the store takes them.
    var stored: [WorkflowAdd.Node] {
        nodes.map { node in
            WorkflowAdd.Node(
                node.name, queue: node.isVirtual ? nil : "mail", spec: Array(node.isVirtual ? "".utf8 : #"{"kind":"k"}"#.utf8),
                after: node.after)
        }
    }
}
