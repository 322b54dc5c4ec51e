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
    public let id: String
    /// Whether the call that returned this handle added the workflow; false if it was there already.
    public let isNew: Bool

    let access: WorkflowAccess

    /// The current state of the workflow.
    /// - Throws: `unknownWorkflow` if there is no such workflow, or if it is no longer kept: for a day after its end, or a week
    ///   if a node did not complete.
    public func status() async throws(SluiceError) -> WorkflowStatus {
        try checkName(id, of: "workflow")
        let values = try await access.store.call(ReadWorkflow(), workflow: id)
        guard let status = WorkflowStatus(id, values) else { throw SluiceError.unknownWorkflow(id) }
        return status
    }

    /// Waits until all nodes have ended. The client does not poll: Redis notifies it, on one connection for all waits of this
    /// client. The wait survives lost connections and restarts of Redis.
    /// - Parameter timeout: how long to wait, by this host's clock; nil waits without end. The first answer of Redis may take as
    ///   long as that of any call.
    /// - Returns: The state of the workflow at its end.
    /// - Throws: `timedOut`, whose message tells if Redis was away when the time was over; `unknownWorkflow`; `closed` if the
    ///   client was closed; any error of Redis that is not transient; `CancellationError`.
    public func wait(timeout: Duration? = nil) async throws -> WorkflowStatus {
        try checkName(id, of: "workflow")
        return try await access.ends.end(of: id, at: id, by: EndWaiters<String, WorkflowEnds>.deadline(timeout))
    }

    /// Cancels the workflow. Nodes that have not started are cancelled at once; running jobs are told to stop.
    /// - Parameter branch: cancels only this node and the nodes whose names begin with its name and a dot. The nodes after them
    ///   follow their failure policies.
    /// - Throws: `unknownWorkflow`; `invalidArgument` if the branch is no name.
    public func cancel(_ branch: String? = nil) async throws(SluiceError) {
        if let branch { try checkName(branch, of: "node") }
        try await access.change(id, .cancel(branch))
    }

    /// Runs the nodes that failed, were cancelled or deleted again, and the nodes that were cancelled because of them. Completed
    /// nodes stay as they are.
    /// - Parameter branch: retries only this node, the nodes whose names begin with its name and a dot, and the nodes that were
    ///   cancelled because of these. A node that comes after another failed node stays as it is. Nil retries all, and lifts the
    ///   deadline.
    /// - Throws: `unknownWorkflow`; `invalidArgument` if the branch is no name.
    public func retry(_ branch: String? = nil) async throws(SluiceError) {
        if let branch { try checkName(branch, of: "node") }
        try await access.change(id, .retry(branch))
    }

    /// Adds nodes to a running workflow. They may come after existing nodes in any state, and before nodes that have not started.
    /// Existing nodes are left as they are, so repeating the call is harmless.
    /// - Returns: The names of the nodes that existed already.
    /// - Throws: `workflowEnded` if the workflow has ended or is being cancelled; `unknownWorkflow`; `invalidArgument` for
    ///   unknown nodes and cycles. Nodes go in by pages of up to 400, each as a whole; pages before the failure stay.
    @discardableResult
    public func append(_ nodes: Workflow) async throws(SluiceError) -> [String] { try await access.append(nodes, to: id) }

    /// The output of a node.
    /// - Throws: `noOutput` if the node has not completed, or has no output; `invalidArgument` if there is no such node or its
    ///   output is of another type; `unknownWorkflow`; `undecryptable`.
    public func output<Output: Decodable>(of node: String, as type: Output.Type = Output.self) async throws(SluiceError) -> Output
    {
        try WorkflowJSON.decode(try await access.output(of: node, in: id), of: node)
    }

    /// The output of a node whose job is of this kind. A plain output of an encrypted kind is rejected.
    /// - Throws: As ``output(of:as:)`` does; `undecryptable` for a plain output of an encrypted kind.
    public func output<Kind: Job>(of node: String, from kind: Kind.Type) async throws(SluiceError) -> Kind.Output {
        let text = try await access.output(of: node, in: id, mustBeSealed: Kind.options.isEncrypted)
        return try WorkflowJSON.decode(text, of: node)
    }
}

/// Decodes outputs of handlers.
package enum WorkflowJSON {
    /// - Throws: `invalidArgument` if the output is of another type.
    package static func decode<Output: Decodable>(_ text: String, of what: String) throws(SluiceError) -> Output {
        do {
            return try JSONDecoder().decode(Output.self, from: Data(text.utf8))
        } catch {
            throw SluiceError(.invalidArgument, "the output of '\(what)' is no \(Output.self): \(error)")
        }
    }
}
