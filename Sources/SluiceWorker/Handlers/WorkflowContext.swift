public import Sluice
public import SluiceCore
import SluiceStore

/// The workflow of the job that runs, as its handler sees it.
public struct WorkflowContext: Sendable {
    /// The id of the workflow.
    public let id: String
    /// The name of the job's node.
    public let node: String

    let access: WorkflowAccess

    /// The shared context of all nodes.
    /// - Throws: `noOutput` if nothing was shared; `invalidArgument` if it is of another type.
    public func shared<Value: Decodable>(as type: Value.Type = Value.self) async throws(SluiceError) -> Value {
        guard let text = try await access.context(of: id) else {
            throw SluiceError(
                .noOutput, "workflow '\(id)' shares nothing: give it something with share(_:) before it is enqueued")
        }
        return try WorkflowJSON.decode(text, of: "share")
    }

    /// Adds nodes to the workflow while this node runs. New nodes without predecessors come after this node. When the call
    /// returns, the nodes are committed, so no node after them starts before they have ended. A later attempt may repeat the
    /// call: existing nodes are left as they are.
    /// - Returns: The names of the nodes that existed already.
    /// - Throws: `workflowEnded` if the workflow is being cancelled; `invalidArgument` for unknown nodes and cycles.
    @discardableResult
    public func append(_ nodes: Workflow) async throws(SluiceError) -> [String] {
        try await access.append(nodes, to: id, after: node)
    }
}

extension JobContext {
    /// The output of another node of the same workflow. A plain output is rejected if this worker handles the node's kind and its
    /// options say that it is encrypted.
    /// - Throws: `noOutput` if the node has not completed, or has no output; `invalidArgument` if there is no such node, if its
    ///   output is of another type, or if the job is of no workflow; `undecryptable`.
    public func outputs<Output: Decodable>(of node: String, as type: Output.Type = Output.self) async throws(SluiceError)
        -> Output
    {
        guard let workflow else { throw SluiceError(.invalidArgument, "job '\(id)' is of no workflow") }
        return try WorkflowJSON.decode(try await workflow.access.output(of: node, in: workflow.id), of: node)
    }

    /// The output of another node whose job is of this kind. A plain output of an encrypted kind is rejected, even if this worker does
    /// not handle the kind.
    /// - Throws: As ``outputs(of:as:)`` does.
    public func outputs<Kind: Job>(of node: String, from kind: Kind.Type) async throws(SluiceError) -> Kind.Output {
        guard let workflow else { throw SluiceError(.invalidArgument, "job '\(id)' is of no workflow") }
        let text = try await workflow.access.output(of: node, in: workflow.id, mustBeSealed: Kind.options.isEncrypted)
        return try WorkflowJSON.decode(text, of: node)
    }
}

extension WorkflowContext {
    /// Reads the workflow from a job's spec; nil if the job is of no workflow.
    init?(_ spec: JobSpec, _ access: WorkflowAccess) {
        guard let workflow = spec.workflow, let node = spec.node else { return nil }
        self.init(id: workflow, node: node, access: access)
    }
}
