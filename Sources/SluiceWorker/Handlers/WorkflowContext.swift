public import Sluice
public import SluiceCore
import SluiceStore

/// What a handler knows of the workflow that its job is a node of.
public struct WorkflowContext: Sendable {
    /// The workflow.
    public let id: String
    /// The job's node in it.
    public let node: String

    let access: WorkflowAccess

    /// What all nodes share.
    /// - Throws: `noOutput` if nothing was shared; `invalidArgument` if it is of another type.
    public func shared<Value: Decodable>(as type: Value.Type = Value.self) async throws(SluiceError) -> Value {
        guard let text = try await access.context(of: id) else {
            throw SluiceError(
                .noOutput, "workflow '\(id)' shares nothing: give it something with share(_:) before it is enqueued")
        }
        return try WorkflowJSON.decode(text, of: "share")
    }

    /// Adds nodes to the workflow while this one runs; those that come after nothing come after this one. When it returns they are
    /// committed, so nothing that comes after them starts before they have ended. A later attempt may add them again: what is there
    /// is left as it is.
    /// - Returns: the names of those that were there already.
    /// - Throws: `workflowEnded` if the workflow is being cancelled; `invalidArgument` for unknown nodes and cycles.
    @discardableResult
    public func append(_ nodes: Workflow) async throws(SluiceError) -> [String] {
        try await access.append(nodes, to: id, after: node)
    }
}

extension JobContext {
    /// What a node of the same workflow returned.
    /// - Throws: `noOutput` if it has not completed, or returns nothing; `invalidArgument` if there is no such node, its output is of
    ///   another type, or the job is of no workflow.
    public func outputs<Output: Decodable>(of node: String, as type: Output.Type = Output.self) async throws(SluiceError)
        -> Output
    {
        guard let workflow else { throw SluiceError(.invalidArgument, "job '\(id)' is of no workflow") }
        return try WorkflowJSON.decode(try await workflow.access.output(of: node, in: workflow.id), of: node)
    }
}

extension WorkflowContext {
    /// Of a job as Redis keeps it; nil if it is of no workflow.
    init?(_ spec: JobSpec, _ access: WorkflowAccess) {
        guard let workflow = spec.workflow, let node = spec.node else { return nil }
        self.init(id: workflow, node: node, access: access)
    }
}
