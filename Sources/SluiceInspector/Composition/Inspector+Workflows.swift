public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Returns the stored workflows, newest first.
    /// - Parameters:
    ///   - state: Only workflows in this state. All may have to be examined.
    ///   - limit: The number of workflows to return at most.
    /// - Throws: a server error if Redis cannot be used.
    public func workflows(state: WorkflowStatus.State? = nil, limit: Int = 50) async throws(SluiceError) -> [WorkflowStatus] {
        var found: [WorkflowStatus] = []
        var cursor: String?
        repeat {
            let page = try await workflowPage(state: state, limit: min(max(limit - found.count, 1), 1000), after: cursor)
            found += page.workflows
            cursor = page.next
        } while cursor != nil && found.count < limit
        return Array(found.prefix(limit))
    }

    /// Returns a page of the stored workflows, newest first. It makes at most 16 calls. With a state it examines at most eight times
    /// `limit` workflows, so a page can have fewer, or none, and a cursor all the same.
    /// - Parameters:
    ///   - state: Only workflows in this state.
    ///   - limit: The number of workflows to return at most, 1 to 1,000.
    ///   - cursor: The cursor of the page before; nil for the first page.
    /// - Throws: `invalidArgument` for an invalid cursor; a server error if Redis cannot be used.
    public func workflowPage(
        state: WorkflowStatus.State? = nil, limit: Int = 50, after cursor: String? = nil
    ) async throws(SluiceError) -> WorkflowPage {
        let limit = min(max(limit, 1), 1000)
        var found: [WorkflowStatus] = []
        var next = cursor
        for _ in 0..<Self.mostRounds {
            let page = try await store.workflows(after: next, most: limit - found.count)
            for (id, values) in zip(page.ids, try await store.states(ofWorkflows: page.ids)) {
                guard let status = WorkflowStatus(WorkflowID(known: id), values), state == nil || status.state == state else {
                    continue
                }
                found.append(status)
            }
            next = page.next
            if next == nil || found.count == limit { break }
        }
        found.sort { ($0.created ?? .distantPast, $0.id.text) > ($1.created ?? .distantPast, $1.id.text) }
        return WorkflowPage(workflows: found, next: next)
    }

    /// The pages of ids that are examined for one page of workflows.
    private static let mostRounds = 8

    /// Returns the nodes of a workflow that are active or held, or did not complete, with neighbours of them; all nodes if they are
    /// few. It makes two calls, whatever the size of the workflow.
    /// - Parameters:
    ///   - workflow: The id of the workflow.
    ///   - nodes: The number of nodes to return at most, 1 to 1,000.
    /// - Returns: Nil if there is no such workflow. ``WorkflowGraph/isCut`` tells whether there are more nodes.
    /// - Throws: `invalidArgument` for an invalid id; a server error if Redis cannot be used.
    public func workflowPart(_ workflow: WorkflowID, nodes: Int = 300) async throws(SluiceError) -> WorkflowDetails? {
        let id = try workflow.validated().text
        guard let status = WorkflowStatus(workflow, try await store.call(ReadWorkflow(), workflow: id)) else { return nil }
        let part = try await store.call(ReadGraph(most: min(max(nodes, 1), 1000)), workflow: id)
        return WorkflowDetails(
            status: status,
            graph: WorkflowGraph(
                nodes: part.nodes.map(WorkflowGraph.Node.init),
                edges: part.edges.map { WorkflowGraph.Edge(from: $0.from, to: $0.to.node, policy: $0.to.policy) },
                isCut: part.hasMore))
    }

    /// Returns a page of the nodes of a workflow in one call: those in a state by name, or all in order. Empty if there are none.
    /// - Parameters:
    ///   - workflow: The id of the workflow.
    ///   - state: Only nodes in this state.
    ///   - skipping: The number of nodes before the page.
    ///   - limit: The number of nodes to return at most, 1 to 1,000.
    /// - Throws: `invalidArgument` for an invalid id; a server error if Redis cannot be used.
    public func workflowNodes(
        _ workflow: WorkflowID, state: WorkflowStatus.NodeState? = nil, skipping: Int = 0, limit: Int = 100
    ) async throws(SluiceError) -> [WorkflowGraph.Node] {
        let call = ListNodes(from: max(skipping, 0), limit: min(max(limit, 1), 1000), state: state?.rawValue)
        return try await store.call(call, workflow: try workflow.validated().text).map(WorkflowGraph.Node.init)
    }

    /// Returns a workflow with its nodes, in order, and the edges between them; nil if there is no such workflow, or if it is no
    /// longer kept: for a day after its end, or a week if a node did not complete.
    /// - Parameters:
    ///   - workflow: The id of the workflow.
    ///   - nodes: The number of nodes to return at most.
    ///   - edges: The number of edges to return at most.
    /// - Throws: `invalidArgument` for an invalid id; a server error if Redis cannot be used.
    public func workflow(
        _ workflow: WorkflowID, nodes: Int = 10_000, edges: Int = 20_000
    ) async throws(SluiceError) -> WorkflowDetails? {
        let id = try workflow.validated().text
        guard let status = WorkflowStatus(workflow, try await store.call(ReadWorkflow(), workflow: id)) else { return nil }
        return WorkflowDetails(status: status, graph: try await graph(of: id, nodes: nodes, edges: edges))
    }

    private func graph(of id: String, nodes: Int, edges: Int) async throws(SluiceError) -> WorkflowGraph {
        var graph = WorkflowGraph(nodes: [], edges: [], isCut: false)
        while true {
            let page = try await store.call(ListNodes(from: graph.nodes.count), workflow: id)
            for node in page {
                if graph.nodes.count == nodes {
                    graph.isCut = true
                    return graph
                }
                graph.nodes.append(WorkflowGraph.Node(node))
                if node.down > 0 { try await addEdges(of: node.name, in: id, to: &graph, most: edges) }
            }
            if page.count < ListNodes.most { return graph }
        }
    }

    private func addEdges(
        of node: String, in id: String, to graph: inout WorkflowGraph, most: Int
    ) async throws(SluiceError) {
        var rank = 0
        while true {
            let page = try await store.call(ListDown(node, from: rank), workflow: id)
            for edge in page {
                if graph.edges.count == most {
                    graph.isCut = true
                    return
                }
                graph.edges.append(WorkflowGraph.Edge(from: node, to: edge.node, policy: edge.policy))
            }
            rank += page.count
            if page.count < ListDown.most { return }
        }
    }
}

extension WorkflowGraph.Node {
    fileprivate init(_ node: ListNodes.Node) {
        name = node.name
        state = WorkflowStatus.NodeState(rawValue: node.state) ?? .suspended
        queue = node.queue.isEmpty ? nil : node.queue
        kind = node.kind.isEmpty ? nil : node.kind
        job = node.job.isEmpty ? nil : JobID(known: node.job)
    }
}
