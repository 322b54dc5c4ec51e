public import SluiceCore
import SluiceStore

/// The nodes of a workflow and what comes after what, for people.
public struct WorkflowGraph: Sendable, Hashable {
    /// A node as it stands.
    public struct Node: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// How it stands.
        public var state: WorkflowStatus.NodeState
        /// The queue of its job; nil for a node without one.
        public var queue: String?
        /// The kind of its job.
        public var kind: String?
        /// Its job, once it has been released.
        public var job: JobID?
    }

    /// One node comes after another.
    public struct Edge: Sendable, Hashable {
        /// The earlier node.
        public var from: String
        /// The later node.
        public var to: String
        /// What becomes of the later one if the earlier one fails.
        public var policy: FailurePolicy
    }

    /// In an order in which nodes come after those they wait for, but for what was added later.
    public var nodes: [Node]
    /// What comes after what.
    public var edges: [Edge]
    /// Whether there are more nodes or edges than were asked for.
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
