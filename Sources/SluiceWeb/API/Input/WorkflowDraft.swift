import Sluice
import SluiceCore

/// A workflow as a body describes it: its nodes, each with the nodes that it comes after.
struct WorkflowDraft {
    static let mostNodes = 10_000
    static let mostEdges = 1000

    /// A node, with a job or without one.
    struct Node {
        var name = ""
        var job: JobDraft?
        var after: [Workflow.Node] = []
        var onFailed = FailurePolicy.cancel

        static let shape = Shape<Node>([
            .required("node", Schema.name.saying("The name of the node.")) { $1.name = try nodeName($0) },
            .optional("job", JobDraft.shape(.node).schema.saying("The job; a node without one joins others.")) { input, node in
                var job = JobDraft()
                try JobDraft.shape(.node).read(input, into: &job)
                node.job = job
            },
            .optional("after", Schema.array(edgeSchema, most: mostEdges).saying("The nodes that have to end first.")) {
                input, node in
                try input.forEachElement { position, value in
                    if position == mostEdges { throw Invalid("at most \(mostEdges) are taken here") }
                    node.after.append(try edge(value))
                }
            },
            .optional("on_failed", Schema.words(FailurePolicy.self).saying("If one of these does not complete.")) {
                $1.onFailed = try $0.word(FailurePolicy.self)
            },
        ])

        private static let edgeSchema = Schema.anyOf([
            .name, .closed([.required("node", .name), .required("on_failed", .words(FailurePolicy.self))]),
        ])

        private struct Edge {
            var node = ""
            var policy = FailurePolicy.cancel

            static let shape = Shape<Edge>([
                .required("node", .name) { $1.node = try nodeName($0) },
                .required("on_failed", .words(FailurePolicy.self)) { $1.policy = try $0.word(FailurePolicy.self) },
            ])
        }

        private static func edge(_ input: JSONInput) throws -> Workflow.Node {
            if let name = try? input.string() { return Workflow.Node(name) }
            var edge = Edge()
            try Edge.shape.read(input, into: &edge)
            return Workflow.Node(edge.node).onFailed(edge.policy)
        }

        private static func nodeName(_ input: JSONInput) throws -> String {
            try input.parsed { text throws(SluiceError) in
                try checkName(text, of: "node")
                return text
            }
        }
    }

    var name = ""
    var id: WorkflowID?
    var isUnique = false
    var deadline: Duration?
    var context: [UInt8]?
    var nodes: [Node] = []

    static let shape = Shape<WorkflowDraft>([
        .required("name", Schema.text(shortest: 1, longest: 256)) { $1.name = try $0.string() },
        .optional("id", Schema.name.saying("An id of your own. Adding it again adds nothing.")) {
            $1.id = try $0.parsed(WorkflowID.init(_:))
        },
        .optional("unique", Schema.boolean.saying("Whether at most one workflow of this name is live.")) {
            $1.isUnique = try $0.bool()
        },
        .optional("deadline", .duration) { $1.deadline = try $0.duration() },
        .optional("context", Schema.any.saying("What all nodes share.")) { $1.context = $0.raw },
        .required("nodes", .array(Node.shape.schema, most: mostNodes, least: 1)) { input, draft in
            try input.forEachElement { position, value in
                if position == mostNodes { throw Invalid("at most \(mostNodes) nodes are taken") }
                var node = Node()
                try Node.shape.read(value, into: &node)
                draft.nodes.append(node)
            }
            if draft.nodes.isEmpty { throw Invalid("at least one node is expected here") }
        },
    ])

    func workflow(for grant: Grant) throws -> Workflow {
        var flow = Workflow(name)
        flow.id = id
        flow.isUnique = isUnique
        flow.deadline = deadline
        if let context { flow.share(json: context) }
        for (position, node) in nodes.enumerated() {
            do {
                if let job = node.job {
                    flow.add(node.name, try job.request(for: grant), after: node.after, onFailed: node.onFailed)
                } else {
                    flow.join(node.name, after: node.after, onFailed: node.onFailed)
                }
            } catch let error as Invalid {
                throw error.within("job").within("\(position)").within("nodes")
            }
        }
        return flow
    }
}
