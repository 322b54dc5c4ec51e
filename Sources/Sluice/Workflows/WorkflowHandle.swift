public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A workflow that is stored: to look at it, wait for it and change it.
public struct WorkflowHandle: Sendable {
    /// Its identity.
    public let id: String
    /// Whether the call that returned this handle added it; false if it was there already.
    public let isNew: Bool

    let access: WorkflowAccess

    /// How it stands.
    /// - Throws: `unknownWorkflow` if there is none, or it ended long ago: a day, or a week if not all of it completed.
    public func status() async throws(SluiceError) -> WorkflowStatus {
        try checkName(id, of: "workflow")
        let values = try await access.store.call(ReadWorkflow(), workflow: id)
        guard let status = WorkflowStatus(id, values) else { throw WorkflowAccess.unknown(id) }
        return status
    }

    /// Waits until all of its nodes have ended. Nothing is polled: Redis tells this client, on one connection for all of its waits.
    /// The wait survives lost connections and restarts of Redis.
    /// - Parameter timeout: how long to wait by this host's clock; without end unless given. The first answer of Redis is waited for
    ///   as long as any call's.
    /// - Throws: `timedOut`, which says so if Redis was away when the time was over; `unknownWorkflow`; `closed` if the client was
    ///   closed; what Redis refuses for good; `CancellationError`.
    public func wait(timeout: Duration? = nil) async throws -> WorkflowStatus {
        try checkName(id, of: "workflow")
        return try await access.ends.end(of: id, at: id, by: EndWaiters<String, WorkflowEnds>.deadline(timeout))
    }

    /// Cancels it: what has not started is cancelled at once, what runs is told to stop.
    /// - Parameter branch: only this node, those whose names begin with its and a dot, and, by their policies, what is after them.
    /// - Throws: `unknownWorkflow`.
    public func cancel(_ branch: String? = nil) async throws(SluiceError) {
        if let branch { try checkName(branch, of: "node") }
        try await access.change(id, .cancel(branch))
    }

    /// Runs what has failed, was cancelled or deleted again, and what was cancelled because of it. Completed nodes stay as they are.
    /// - Parameter branch: only this node and those whose names begin with its and a dot, and what was cancelled because of them. A
    ///   node that comes after one that failed stays as it is. Nil for all, which lifts the deadline.
    /// - Throws: `unknownWorkflow`.
    public func retry(_ branch: String? = nil) async throws(SluiceError) {
        if let branch { try checkName(branch, of: "node") }
        try await access.change(id, .retry(branch))
    }

    /// Adds nodes while it runs. They may come after nodes that are there, whatever state those are in, and before ones that have
    /// not started. Nodes that are there already are left as they are, so repeating this is harmless.
    /// - Returns: the names of those that were there already.
    /// - Throws: `workflowEnded` if it has ended or is being cancelled; `unknownWorkflow`; `invalidArgument` for unknown nodes and
    ///   cycles. A page of up to 1,000 nodes is added or not; what came before a page that was refused is stored.
    @discardableResult
    public func append(_ nodes: Workflow) async throws(SluiceError) -> [String] { try await access.append(nodes, to: id) }

    /// What a node returned.
    /// - Throws: `noOutput` if it has not completed, or returns nothing; `invalidArgument` if there is no such node or its output is
    ///   of another type; `unknownWorkflow`.
    public func output<Output: Decodable>(of node: String, as type: Output.Type = Output.self) async throws(SluiceError) -> Output
    {
        try WorkflowJSON.decode(try await access.output(of: node, in: id), of: node)
    }

    /// Its nodes, in order, and what comes after what.
    /// - Parameters:
    ///   - nodes: the most that are told.
    ///   - edges: likewise.
    /// - Throws: `unknownWorkflow`.
    public func graph(nodes: Int = 10_000, edges: Int = 20_000) async throws(SluiceError) -> WorkflowGraph {
        _ = try await status()
        var graph = WorkflowGraph(nodes: [], edges: [], isCut: false)
        while true {
            let page = try await access.store.call(ListNodes(from: graph.nodes.count), workflow: id)
            for node in page {
                if graph.nodes.count == nodes {
                    graph.isCut = true
                    return graph
                }
                graph.nodes.append(WorkflowGraph.Node(node))
                if node.down > 0 { try await addEdges(of: node.name, to: &graph, most: edges) }
            }
            if page.count < ListNodes.most { return graph }
        }
    }

    private func addEdges(of node: String, to graph: inout WorkflowGraph, most: Int) async throws(SluiceError) {
        var rank = 0
        while true {
            let page = try await access.store.call(ListDown(node, from: rank), workflow: id)
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
    init(_ node: ListNodes.Node) {
        name = node.name
        state = WorkflowStatus.NodeState(rawValue: node.state) ?? .suspended
        queue = node.queue.isEmpty ? nil : node.queue
        kind = node.kind.isEmpty ? nil : node.kind
        job = node.job.isEmpty ? nil : JobID(known: node.job)
    }
}

/// Reads what handlers returned.
package enum WorkflowJSON {
    /// - Throws: `invalidArgument` if it is of another type.
    package static func decode<Output: Decodable>(_ text: String, of what: String) throws(SluiceError) -> Output {
        do {
            return try JSONDecoder().decode(Output.self, from: Data(text.utf8))
        } catch {
            throw SluiceError(.invalidArgument, "the output of '\(what)' is no \(Output.self): \(error)")
        }
    }
}
