public import Sluice
public import SluiceCore
import SluiceStore

/// The workflow of the job that runs, as its handler sees it.
public struct WorkflowContext: Sendable {
    /// The id of the workflow.
    public let id: WorkflowID
    /// The node of the job.
    public let node: Workflow.Node

    let access: WorkflowAccess

    /// The value that all nodes share: see ``Workflow/share(_:)``.
    /// - Throws: `noOutput` if nothing was shared; `invalidArgument` if it is of another type.
    public func shared<Value: Decodable>(as type: Value.Type = Value.self) async throws(SluiceError) -> Value {
        try await access.shared(by: id)
    }

    /// Adds nodes to the workflow while this node runs. New nodes without predecessors come after this node. When the call
    /// returns, the nodes are committed, so no node after them starts before they have ended. A later attempt may repeat the
    /// call: existing nodes are left as they are.
    /// - Returns: The nodes that existed already.
    /// - Throws: `workflowEnded` if the workflow is being cancelled; `invalidArgument` for unknown nodes and cycles.
    @discardableResult
    public func append(_ nodes: Workflow) async throws(SluiceError) -> [Workflow.Node] {
        try await access.append(nodes, to: id, after: node)
    }
}

extension JobContext {
    /// The output of another node of the same workflow. A plain output is rejected if this worker handles the node's kind and its
    /// options say that it is encrypted.
    /// - Throws: `noOutput` if the node has not completed, or has no output; `invalidArgument` if there is no such node, if its
    ///   output is of another type, or if the job is of no workflow; `undecryptable`.
    public func output<Output: Decodable>(
        of node: Workflow.Node, as type: Output.Type = Output.self
    ) async throws(SluiceError) -> Output {
        let workflow = try itsWorkflow()
        return try await workflow.access.output(of: node, in: workflow.id)
    }

    /// The output of another node whose job is of this kind. A plain output of an encrypted kind is rejected, even if this worker does
    /// not handle the kind.
    /// - Throws: As ``output(of:as:)`` does.
    public func output<Kind: Job>(of node: Workflow.Node, from kind: Kind.Type) async throws(SluiceError) -> Kind.Output {
        let workflow = try itsWorkflow()
        return try await workflow.access.output(of: node, in: workflow.id, mustBeSealed: Kind.options.isEncrypted)
    }

    /// The outputs of the nodes `name-0`, `name-1` and so on that ``Workflow/add(each:_:after:onFailed:before:_:)`` made, in order.
    /// - Parameters:
    ///   - name: The name that was given to `add(each:)`.
    ///   - skipsMissing: Leaves out nodes without an output, such as failed ones, instead of throwing.
    /// - Returns: The outputs; none if there is no such node.
    /// - Throws: `noOutput` for the first node that has not completed or has no output; else as ``output(of:as:)`` does.
    public func outputs<Output: Decodable>(
        ofEach name: String, as type: Output.Type = Output.self, skipsMissing: Bool = false
    ) async throws(SluiceError) -> [Output] {
        let workflow = try itsWorkflow()
        return try await workflow.access.outputs(ofEach: name, in: workflow.id, skipsMissing: skipsMissing)
    }

    /// The outputs of the nodes of a fan-out whose jobs are of this kind. Plain outputs of an encrypted kind are rejected.
    /// - Throws: As ``outputs(ofEach:as:skipsMissing:)`` does.
    public func outputs<Kind: Job>(
        ofEach name: String, from kind: Kind.Type, skipsMissing: Bool = false
    ) async throws(SluiceError) -> [Kind.Output] {
        let workflow = try itsWorkflow()
        return try await workflow.access.outputs(
            ofEach: name, in: workflow.id, mustBeSealed: Kind.options.isEncrypted, skipsMissing: skipsMissing)
    }

    private func itsWorkflow() throws(SluiceError) -> WorkflowContext {
        guard let workflow else { throw SluiceError(.invalidArgument, "job '\(id)' is of no workflow") }
        return workflow
    }
}

extension WorkflowContext {
    /// Reads the workflow from a job's spec; nil if the job is of no workflow.
    init?(_ spec: JobSpec, _ access: WorkflowAccess) {
        guard let workflow = spec.workflow, let node = spec.node else { return nil }
        self.init(id: WorkflowID(known: workflow), node: Workflow.Node(node), access: access)
    }
}
