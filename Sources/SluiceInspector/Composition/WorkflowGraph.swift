public import SluiceCore

/// The nodes and edges of a workflow, for people.
public struct WorkflowGraph: Sendable, Hashable {
    /// A node and its state.
    public struct Node: Sendable, Hashable {
        /// The name of the node.
        public var name: String
        /// The state of the node.
        public var state: WorkflowStatus.NodeState
        /// The queue of its job; nil for a node without one.
        public var queue: String?
        /// The kind of its job; nil for a node without one.
        public var kind: String?
        /// The id of its job, once the node has started.
        public var job: JobID?
    }

    /// An edge between two nodes.
    public struct Edge: Sendable, Hashable {
        /// The earlier node.
        public var from: String
        /// The later node.
        public var to: String
        /// What happens to the later node if the earlier one fails.
        public var policy: FailurePolicy
    }

    /// The nodes in topological order; nodes that were added later come last.
    public var nodes: [Node]
    /// The edges between them.
    public var edges: [Edge]
    /// Whether nodes or edges are missing because of the limits of the call.
    public var isCut: Bool

    /// The graph in the language of Mermaid (https://mermaid.js.org), coloured by state.
    public var mermaid: String {
        var lines = ["flowchart TD"]
        let ids = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.name, "n\($0)") })
        for node in nodes {
            let shape = node.queue == nil ? ("([\"", "\"])") : ("[\"", "\"]")
            lines.append("  \(ids[node.name] ?? "")\(shape.0)\(node.name)\(shape.1):::\(node.state.rawValue)")
        }
        for edge in edges {
            guard let from = ids[edge.from], let to = ids[edge.to] else { continue }
            lines.append("  \(from) \(edge.policy == .cancel ? "-->" : "-. \(edge.policy.rawValue) .->") \(to)")
        }
        for state in WorkflowStatus.NodeState.allCases where nodes.contains(where: { $0.state == state }) {
            lines.append("  classDef \(state.rawValue) fill:\(Self.color(state))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html), coloured by state.
    public var dot: String {
        var lines = ["digraph workflow {", "  node [style=filled, shape=box]"]
        for node in nodes {
            let shape = node.queue == nil ? ", shape=oval" : ""
            lines.append(
                "  \"\(node.name)\" [fillcolor=\"\(Self.color(node.state))\"\(shape), tooltip=\"\(node.state.rawValue)\"]")
        }
        for edge in edges {
            let style = edge.policy == .cancel ? "" : " [style=dashed, label=\"\(edge.policy.rawValue)\"]"
            lines.append("  \"\(edge.from)\" -> \"\(edge.to)\"\(style)")
        }
        return lines.joined(separator: "\n") + "\n}\n"
    }

    private static func color(_ state: WorkflowStatus.NodeState) -> String {
        switch state {
        case .building, .suspended: "#e5e7eb"
        case .held: "#fde68a"
        case .active: "#bfdbfe"
        case .completed: "#bbf7d0"
        case .cancelled, .deleted: "#d6d3d1"
        case .discarded: "#fecaca"
        }
    }
}
