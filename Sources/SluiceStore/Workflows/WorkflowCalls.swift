package import Hiredis
package import SluiceCore

/// Reads the state of a workflow: `workflow_view.status`. Empty if there is no such workflow.
package struct ReadWorkflow: StoreFunction {
    package static let name = "workflow_status"
    package static let isReadOnly = true

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [String: String] {
        reply.dictionary.compactMapValues { $0.string ?? $0.integer.map(String.init) }
    }
}

/// Reads the states of several workflows, by position, each as ``ReadWorkflow`` does: `workflow_view.status`.
package struct ReadWorkflows: StoreFunction {
    package static let name = "workflow_statuses"
    package static let isReadOnly = true

    package init() {}

    package func write(into command: inout RedisCommand) {}

    package func read(_ reply: RedisValue) throws(SluiceError) -> [[String: String]] {
        reply.elements.map { $0.dictionary.compactMapValues { $0.string ?? $0.integer.map(String.init) } }
    }
}

/// Reads a page of nodes, in order, or of those in a state: `workflow_view.nodes`.
package struct ListNodes: StoreFunction {
    package static let name = "workflow_nodes"
    package static let isReadOnly = true
    /// Maximum number of nodes in a page.
    package static let most = 1000

    package struct Node: Sendable, Hashable {
        package var name: String
        package var state: String
        /// The queue; empty for a node without a job.
        package var queue: String
        package var kind: String
        /// The job of its last release; empty if it was never released.
        package var job: String
        /// Number of successors.
        package var down: Int
    }

    package var rank: Int
    package var limit: Int
    /// The state of the nodes; nil for all.
    package var state: String?

    package init(from rank: Int, limit: Int = most, state: String? = nil) {
        self.rank = rank
        self.limit = limit
        self.state = state
    }

    package func write(into command: inout RedisCommand) {
        command.append(rank)
        command.append(limit)
        if let state { command.append(state) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Node] { Self.nodes(reply) }

    fileprivate static func nodes(_ reply: RedisValue) -> [Node] {
        reply.rows(of: 6).map { row in
            Node(
                name: row.text(0), state: row.text(1), queue: row.text(2), kind: row.text(3), job: row.text(4),
                down: row.count(5))
        }
    }
}

/// Reads the part of a workflow to draw: `workflow_graph`.
package struct ReadGraph: StoreFunction {
    package static let name = "workflow_graph"
    package static let isReadOnly = true

    package struct Reply: Sendable {
        /// Whether the workflow has more nodes or edges than these.
        package var hasMore: Bool
        package var nodes: [ListNodes.Node]
        package var edges: [(from: String, to: WorkflowEdge)]
    }

    package var most: Int

    /// - Parameter most: the most nodes, 1 to 1,000.
    package init(most: Int) { self.most = most }

    package func write(into command: inout RedisCommand) { command.append(most) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 3 else { throw malformed(Self.name) }
        let edges = reply[2].rows(of: 2).compactMap { row in WorkflowEdge(row.text(1)).map { (from: row.text(0), to: $0) } }
        return Reply(hasMore: reply[0].integer == 1, nodes: ListNodes.nodes(reply[1]), edges: edges)
    }
}

/// Reads a page of the successors of a node: `workflow_view.down`.
package struct ListDown: StoreFunction {
    package static let name = "workflow_down"
    package static let isReadOnly = true
    package static let most = 1000

    package var node: String
    package var rank: Int

    package init(_ node: String, from rank: Int) {
        self.node = node
        self.rank = rank
    }

    package func write(into command: inout RedisCommand) {
        command.append(node)
        command.append(rank)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [WorkflowEdge] {
        reply.elements.compactMap { $0.string.flatMap { WorkflowEdge($0) } }
    }
}

/// Reads the outputs of nodes, and the context of the workflow: `workflow_view.outputs`. At most 1,000 nodes.
package struct ReadOutputs: StoreFunction {
    package static let name = "workflow_outputs"
    package static let isReadOnly = true
    package static let most = 1000

    package struct Reply: Sendable {
        /// The context as JSON; empty for none.
        package var context: String
        /// The nodes by position. The state is empty if there is no such node, the output if the node has none.
        package var nodes: [(state: String, output: String)]
    }

    package var nodes: [String]

    package init(_ nodes: [String]) { self.nodes = nodes }

    package func write(into command: inout RedisCommand) {
        for node in nodes { command.append(node) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        var values = reply.elements.makeIterator()
        var found = Reply(context: values.next()?.string ?? "", nodes: [])
        while let state = values.next()?.string, let output = values.next()?.string { found.nodes.append((state, output)) }
        guard found.nodes.count == nodes.count else { throw malformed(Self.name) }
        return found
    }
}

/// The kinds of the jobs of nodes, by position; empty for a node that is not there or has no job: `workflow_view.kinds`.
package struct ReadNodeKinds: StoreFunction {
    package static let name = "workflow_kinds"
    package static let isReadOnly = true

    package var nodes: [String]

    package init(_ nodes: [String]) { self.nodes = nodes }

    package func write(into command: inout RedisCommand) {
        for node in nodes { command.append(node) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [String] {
        let kinds = reply.elements.compactMap(\.string)
        guard kinds.count == nodes.count else { throw malformed(Self.name) }
        return kinds
    }
}

/// Asks for a notification of the end of a workflow: `workflow_view.await`.
package struct AwaitWorkflow: StoreFunction {
    package static let name = "workflow_await"

    package var client: String

    package init(client: String) { self.client = client }

    package func write(into command: inout RedisCommand) { command.append(client) }

    /// The state of the workflow; nil if there is no such workflow.
    package func read(_ reply: RedisValue) throws(SluiceError) -> String? {
        guard let state = reply.string else { throw malformed(Self.name) }
        return state == "missing" ? nil : state
    }
}

/// Schedules the maintenance of workflows, and takes those that are due: `lua/workflows/workflow_index.lua`.
package struct WorkflowIndex: StoreFunction {
    package static let name = "workflow_index"
    /// The index entry for the scan of all outboxes. No id of a workflow has a colon.
    package static let outboxes = "outboxes:"

    package struct Reply: Sendable {
        /// Time until the next entry is due; nil if there is none.
        package var next: Duration?
        package var due: [String]
    }

    /// Maximum number of due entries to take.
    package var most: Int
    /// The time until the next maintenance, by workflow; nil if there is nothing left to do.
    package var looks: [(workflow: String, after: Duration?)]

    package init(take most: Int, looks: [(workflow: String, after: Duration?)] = []) {
        self.most = most
        self.looks = looks
    }

    package func write(into command: inout RedisCommand) {
        command.append(most)
        for look in looks {
            command.append(look.workflow)
            command.append(look.after.map(\.milliseconds) ?? -1)
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 2, let next = reply[0].integer else { throw malformed(Self.name) }
        return Reply(next: next < 0 ? nil : .milliseconds(next), due: reply[1].elements.compactMap(\.string))
    }
}

/// Lists workflows, newest first: `workflow_index.list`.
package struct WorkflowList: StoreFunction {
    package static let name = "workflow_list"
    package static let isReadOnly = true

    package var cursor: String
    package var most: Int

    package init(after cursor: String?, most: Int) {
        self.cursor = cursor ?? ""
        self.most = most
    }

    package func write(into command: inout RedisCommand) {
        command.append(cursor)
        command.append(most)
    }

    /// The ids, and the cursor of the next page; nil at the end.
    package func read(_ reply: RedisValue) throws(SluiceError) -> (next: String?, ids: [String]) {
        guard let next = reply[0].string else { throw malformed(Self.name) }
        return (next.isEmpty ? nil : next, reply[1].elements.compactMap(\.string))
    }
}

/// Gives a name to a workflow: `workflow_index.claim`. Called on the base key of the name.
package struct ClaimName: StoreFunction {
    package static let name = "workflow_claim"

    package var id: String
    /// The previous owner of the name, which has ended; empty if there is none.
    package var before: String

    package init(_ id: String, before: String) {
        self.id = id
        self.before = before
    }

    package func write(into command: inout RedisCommand) {
        command.append(id)
        command.append(before)
    }

    /// The present owner of the name.
    package func read(_ reply: RedisValue) throws(SluiceError) -> String {
        guard let owner = reply.string else { throw malformed(Self.name) }
        return owner
    }
}
