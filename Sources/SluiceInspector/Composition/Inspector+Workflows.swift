public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Returns the stored workflows, newest first. At most 10,000 are examined.
    /// - Parameters:
    ///   - state: Only workflows in this state.
    ///   - limit: The number of workflows to return at most.
    /// - Throws: a server error if Redis cannot be used.
    public func workflows(state: WorkflowStatus.State? = nil, limit: Int = 50) async throws(SluiceError) -> [WorkflowStatus] {
        let ids = try await store.workflows(most: 10_000)
        var found: [WorkflowStatus] = []
        // Ids made by clients sort by age. Other ids are sorted by time below.
        for id in ids.sorted(by: >) {
            let values = try await store.call(ReadWorkflow(), workflow: id)
            guard let status = WorkflowStatus(WorkflowID(known: id), values), state == nil || status.state == state else {
                continue
            }
            found.append(status)
        }
        return Array(found.sorted { ($0.created ?? .distantPast) > ($1.created ?? .distantPast) }.prefix(limit))
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
