public import SluiceCore

/// The state of a workflow, its nodes and edges.
public struct WorkflowDetails: Sendable, Hashable {
    /// The state and the counts of nodes.
    public var status: WorkflowStatus
    /// The nodes and edges.
    public var graph: WorkflowGraph
}
