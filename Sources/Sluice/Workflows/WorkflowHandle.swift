public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A handle for a stored workflow, to look at it, wait for it and change it.
public struct WorkflowHandle: Sendable {
    /// The id of the workflow.
    public let id: WorkflowID
    /// Whether the call that returned this handle added the workflow; false if it was there already.
    public let isNew: Bool

    let access: WorkflowAccess

    /// The current state of the workflow.
    /// - Throws: `unknownWorkflow` if there is no such workflow, or if it is no longer kept: for a day after its end, or a week
    ///   if a node did not complete.
    public func status() async throws(SluiceError) -> WorkflowStatus {
        try await access.status(of: id)
    }

    /// Waits until all nodes have ended. The client does not poll: Redis notifies it, on one connection for all waits of this
    /// client. The wait survives lost connections and restarts of Redis.
    /// - Parameter timeout: how long to wait, by this host's clock; nil waits without end. The first answer of Redis may take as
    ///   long as that of any call.
    /// - Returns: The state of the workflow at its end.
    /// - Throws: `timedOut`, whose message tells if Redis was away when the time was over; `unknownWorkflow`; `closed` if the
    ///   client was closed; any error of Redis that is not transient; `CancellationError`.
    public func wait(timeout: Duration? = nil) async throws -> WorkflowStatus {
        let name = try id.validated().text
        return try await access.ends.end(of: name, at: name, by: EndWaiters<String, WorkflowEnds>.deadline(timeout))
    }

    /// Cancels the workflow. Nodes that have not started are cancelled at once; running jobs are told to stop.
    /// - Parameter branch: cancels only this node and the nodes whose names begin with its name and a dot. The nodes after them
    ///   follow their failure policies.
    /// - Throws: `unknownWorkflow`; `invalidArgument` if the branch is no name.
    public func cancel(_ branch: Workflow.Node? = nil) async throws(SluiceError) {
        if let branch { try checkName(branch.name, of: "node") }
        try await access.change(id, .cancel(branch?.name))
    }

    /// Runs the nodes that failed, were cancelled or deleted again, and the nodes that were cancelled because of them. Completed
    /// nodes stay as they are.
    /// - Parameter branch: retries only this node, the nodes whose names begin with its name and a dot, and the nodes that were
    ///   cancelled because of these. A node that comes after another failed node stays as it is. Nil retries all, and lifts the
    ///   deadline.
    /// - Throws: `unknownWorkflow`; `invalidArgument` if the branch is no name.
    public func retry(_ branch: Workflow.Node? = nil) async throws(SluiceError) {
        if let branch { try checkName(branch.name, of: "node") }
        try await access.change(id, .retry(branch?.name))
    }

    /// Adds nodes to a running workflow. They may come after existing nodes in any state, and before nodes that have not started.
    /// Existing nodes are left as they are, so repeating the call is harmless.
    /// - Parameter durability: how many copies of the nodes have to exist before the call returns; nil for the client's options.
    /// - Returns: The nodes that existed already.
    /// - Throws: `workflowEnded` if the workflow has ended or is being cancelled; `unknownWorkflow`; `invalidArgument` for
    ///   unknown nodes and cycles; `notConfirmed` if all nodes are stored, without the confirmation. Nodes go in by pages of up
    ///   to 400, each as a whole; pages before the failure stay.
    @discardableResult
    public func append(_ nodes: Workflow, durability: Durability? = nil) async throws(SluiceError) -> [Workflow.Node] {
        try await access.append(nodes, to: id, (durability ?? access.durability).validated())
    }

    /// The value that all nodes share: see ``Workflow/share(_:)``.
    /// - Throws: `noOutput` if nothing was shared; `invalidArgument` if it is of another type; `unknownWorkflow`.
    public func shared<Value: Decodable>(as type: Value.Type = Value.self) async throws(SluiceError) -> Value {
        try await access.shared(by: id)
    }

    /// The output of a node.
    /// - Throws: `noOutput` if the node has not completed, or has no output; `invalidArgument` if there is no such node or its
    ///   output is of another type; `unknownWorkflow`; `undecryptable`.
    public func output<Output: Decodable>(
        of node: Workflow.Node, as type: Output.Type = Output.self
    ) async throws(SluiceError) -> Output {
        try await access.output(of: node, in: id)
    }

    /// The output of a node whose job is of this kind. A plain output of an encrypted kind is rejected.
    /// - Throws: As ``output(of:as:)`` does; `undecryptable` for a plain output of an encrypted kind.
    public func output<Kind: Job>(of node: Workflow.Node, from kind: Kind.Type) async throws(SluiceError) -> Kind.Output {
        try await access.output(of: node, in: id, mustBeSealed: Kind.options.isEncrypted)
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
        try await access.outputs(ofEach: name, in: id, skipsMissing: skipsMissing)
    }

    /// The outputs of the nodes of a fan-out whose jobs are of this kind. Plain outputs of an encrypted kind are rejected.
    /// - Throws: As ``outputs(ofEach:as:skipsMissing:)`` does; `undecryptable` for a plain output of an encrypted kind.
    public func outputs<Kind: Job>(
        ofEach name: String, from kind: Kind.Type, skipsMissing: Bool = false
    ) async throws(SluiceError) -> [Kind.Output] {
        try await access.outputs(
            ofEach: name, in: id, mustBeSealed: Kind.options.isEncrypted, skipsMissing: skipsMissing)
    }
}
