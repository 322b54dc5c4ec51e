public import SluiceCore

/// A page of a list of workflows.
public struct WorkflowPage: Sendable, Hashable {
    /// The workflows of the page, newest first.
    public var workflows: [WorkflowStatus]
    /// The cursor of the next page; nil at the end.
    public var next: String?
}

/// The state of a workflow, its nodes and edges.
public struct WorkflowDetails: Sendable, Hashable {
    /// The state and the counts of nodes.
    public var status: WorkflowStatus
    /// The nodes and edges.
    public var graph: WorkflowGraph
}
