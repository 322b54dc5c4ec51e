package import Hiredis
package import SluiceCore

/// An edge to or from a node.
package struct WorkflowEdge: Sendable, Hashable {
    package var node: String
    package var policy: FailurePolicy

    package init(_ node: String, _ policy: FailurePolicy) {
        self.node = node
        self.policy = policy
    }

    /// Parses an edge in the form of the library: a letter, a blank, a node.
    init?(_ text: String) {
        let policies: [Substring: FailurePolicy] = ["c": .cancel, "i": .ignore, "h": .hold]
        guard let policy = policies[text.prefix(1)] else { return nil }
        self.init(String(text.dropFirst(2)), policy)
    }

    /// The failure policy in the form of the library. No edge compensates.
    var letter: String { String(policy.rawValue.prefix(1)) }
}

/// Adds nodes to a workflow: `lua/workflows/workflow_add.lua`. Repeating a call is harmless.
package struct WorkflowAdd: StoreFunction {
    package static let name = "workflow_add"
    /// Maximum number of nodes, and of edges, in one call. The function takes 1,000, which delays other clients for long.
    package static let most = 400
    /// The room of a call. Bytes are those of the specs, the extras are edges.
    package static let room = CallRoom(items: most, extras: most)

    /// The properties of the workflow, for the call that creates it and its pages.
    package struct Head: Sendable {
        package var name: String
        package var deadline: Duration?
        /// The context as JSON; empty for none.
        package var context: String

        package init(name: String, deadline: Duration?, context: String) {
            self.name = name
            self.deadline = deadline
            self.context = context
        }
    }

    /// Whether a node comes with all its edges, or with edges over several entries.
    package enum Flag: String, Sendable, Hashable {
        case new, open, link, close
    }

    package struct Node: Sendable, Hashable {
        package var flag: Flag
        package var name: String
        /// The queue; nil for a node without a job.
        package var queue: QueueName?
        /// The options of the enqueue, as JSON on one line; empty for none.
        package var options: String
        package var spec: [UInt8]
        package var after: [WorkflowEdge]
        package var before: [WorkflowEdge]

        package init(
            _ name: String, flag: Flag = .new, queue: QueueName? = nil, options: String = "", spec: [UInt8] = [],
            after: [WorkflowEdge] = [], before: [WorkflowEdge] = []
        ) {
            self.flag = flag
            self.name = name
            self.queue = queue
            self.options = options
            self.spec = spec
            self.after = after
            self.before = before
        }
    }

    package enum Word: String, Sendable, Hashable {
        case ok, exists, missing, ended
    }

    package struct Reply: Sendable {
        package var word: Word
        package var step: WorkflowStep.Reply
        /// Nodes that existed already, and were left unchanged.
        package var existing: [String]
    }

    /// The head; nil to add to an existing workflow.
    package var head: Head?
    package var token: String
    package var nodes: [Node]

    package init(head: Head?, token: String, nodes: [Node]) {
        self.head = head
        self.token = token
        self.nodes = nodes
    }

    package var size: (arguments: Int, bytes: Int) {
        (
            5 + 7 * nodes.count + 2 * nodes.reduce(0) { $0 + $1.after.count + $1.before.count },
            nodes.reduce(256) { $0 + 80 + $1.spec.count + 24 * ($1.after.count + $1.before.count) }
        )
    }

    package func write(into command: inout RedisCommand) {
        command.append(head == nil ? "more" : "new")
        command.append(token)
        command.append(head?.name ?? "")
        command.append(head?.deadline?.milliseconds ?? 0)
        command.append(head?.context ?? "")
        for node in nodes {
            command.append(node.flag.rawValue)
            command.append(node.name)
            command.append(node.queue?.text ?? "")
            command.append(node.options)
            command.append(contentsOf: node.spec)
            for edges in [node.after, node.before] {
                command.append(edges.count)
                for edge in edges {
                    command.append(edge.letter)
                    command.append(edge.node)
                }
            }
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        let parts = Array(reply.elements)
        guard parts.count == 3, let word = parts[0].string.flatMap(Word.init) else { throw malformed(Self.name) }
        return Reply(
            word: word, step: try WorkflowStep.Reply(parts[1], of: Self.name), existing: parts[2].elements.compactMap(\.string))
    }
}
