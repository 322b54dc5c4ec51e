import SluiceCore
import SluiceStore

/// A checked workflow, ready to be stored, with its nodes in topological order.
struct WorkflowPlan {
    private let items: [Workflow.Item]
    private let id: String

    /// - Parameter isAddition: whether nodes may refer to existing ones, which the server checks.
    /// - Throws: `invalidArgument` for names that are not valid or not unique, unknown nodes and cycles.
    init(_ flow: Workflow, id: String, isAddition: Bool) throws(SluiceError) {
        if let failure = flow.failure { throw failure }
        try checkName(id, of: "workflow")
        var positions: [String: Int] = [:]
        for (position, item) in flow.items.enumerated() {
            try checkName(item.name, of: "node")
            guard item.name.utf8.count + id.utf8.count <= 120 else {
                throw SluiceError(.invalidArgument, "the names of workflow '\(id)' and node '\(item.name)' are too long together")
            }
            guard positions.updateValue(position, forKey: item.name) == nil else {
                throw SluiceError(.invalidArgument, "two nodes of workflow '\(flow.name)' are called '\(item.name)'")
            }
        }
        for item in flow.items {
            if (item.after + item.before).contains(where: { $0.policy == .compensate }) {
                throw SluiceError(
                    .invalidArgument,
                    "node '\(item.name)' of workflow '\(flow.name)' cannot compensate another one: the failure policies of nodes are "
                        + "cancel, ignore and hold")
            }
            for edge in item.after where positions[edge.node] == nil && !isAddition {
                throw SluiceError(
                    .invalidArgument,
                    "node '\(item.name)' comes after '\(edge.node)', which workflow '\(flow.name)' does not have")
            }
            if let edge = item.before.first, !isAddition || positions[edge.node] != nil {
                throw SluiceError(
                    .invalidArgument,
                    "node '\(item.name)' comes before '\(edge.node)', which is no node of a workflow that runs already: "
                        + "let that one come after it")
            }
        }
        self.id = id
        items = try Self.sorted(flow, positions)
    }

    /// Kahn, "Topological sorting of large networks", 1962. Of the nodes that could come next, the first added comes first.
    private static func sorted(_ flow: Workflow, _ positions: [String: Int]) throws(SluiceError) -> [Workflow.Item] {
        var waits = flow.items.map { item in item.after.count { positions[$0.node] != nil } }
        // The usual case: the nodes were added in order.
        if isInOrder(flow, positions) { return flow.items }
        var later: [[Int]] = Array(repeating: [], count: flow.items.count)
        for (position, item) in flow.items.enumerated() {
            for edge in item.after { if let parent = positions[edge.node] { later[parent].append(position) } }
        }
        var sorted: [Workflow.Item] = []
        var ready = waits.indices.filter { waits[$0] == 0 }
        var next = 0
        while next < ready.count {
            let position = ready[next]
            next += 1
            sorted.append(flow.items[position])
            for child in later[position] {
                waits[child] -= 1
                if waits[child] == 0 { ready.append(child) }
            }
        }
        guard sorted.count == flow.items.count else {
            let names = waits.indices.filter { waits[$0] > 0 }.prefix(5).map { "'\(flow.items[$0].name)'" }
            throw SluiceError(
                .invalidArgument, "workflow '\(flow.name)' has a cycle: none of \(names.joined(separator: ", ")) could ever start"
            )
        }
        return sorted
    }

    private static func isInOrder(_ flow: Workflow, _ positions: [String: Int]) -> Bool {
        for (position, item) in flow.items.enumerated() {
            for edge in item.after { if let parent = positions[edge.node], parent >= position { return false } }
        }
        return true
    }

    /// The nodes as the store takes them, in pages; at least one page.
    /// - Throws: `invalidArgument` and `payloadTooLarge` for a job that could not be enqueued.
    func pages(_ rules: PayloadRules, trace: [String: String]) throws(SluiceError) -> [[WorkflowAdd.Node]] {
        var nodes: [WorkflowAdd.Node] = []
        for item in items { nodes += try parts(of: item, rules, trace: trace) }
        if nodes.isEmpty { return [[]] }
        return nodes.pages(in: WorkflowAdd.room) { room, node in
            room.takes(bytes: node.spec.count, extras: node.after.count + node.before.count)
        }
    }

    /// A node, or several parts of it if it has more edges than one call can carry.
    private func parts(
        of item: Workflow.Item, _ rules: PayloadRules, trace: [String: String]
    ) throws(SluiceError) -> [WorkflowAdd.Node] {
        var node = WorkflowAdd.Node(item.name, after: item.after, before: item.before)
        if let request = item.request {
            let link = (workflow: id, node: item.name)
            let job = try request.encoded(id: JobID(known: "\(id):\(item.name)"), rules, trace: trace, node: link)
            node.queue = try request.queue.validated()
            node.options = job.options ?? ""
            node.spec = job.spec
        }
        let most = WorkflowAdd.most
        guard item.before.count <= most / 2 else {
            throw SluiceError(.invalidArgument, "node '\(item.name)' comes before more than \(most / 2) others")
        }
        if item.after.count + item.before.count <= most { return [node] }
        node.flag = .open
        node.after = Array(item.after.prefix(most / 2))
        var parts = [node]
        var rest = item.after.dropFirst(most / 2)
        while !rest.isEmpty {
            let isLast = rest.count <= most
            parts.append(WorkflowAdd.Node(item.name, flag: isLast ? .close : .link, after: Array(rest.prefix(most))))
            rest = rest.dropFirst(most)
        }
        return parts
    }
}
