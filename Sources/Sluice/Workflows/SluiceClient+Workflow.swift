public import SluiceCore
import SluiceStore

extension SluiceClient {
    /// Enqueues a workflow and starts it. When the call returns, the whole workflow is committed in Redis, and its first nodes
    /// are in their queues or on their way.
    ///
    /// - Parameter durability: how many copies of the workflow have to exist before the call returns; nil for the client's options.
    ///   It is about the record of the workflow, from which workers bring the nodes into their queues.
    /// - Returns: A handle. ``WorkflowHandle/isNew`` is false, and nothing was added, if a workflow of this id was there already,
    ///   or, for a unique one, a workflow of this name that has not ended.
    /// - Throws: `invalidArgument` for cycles, unknown nodes and duplicate names, and `payloadTooLarge`: nothing was stored.
    ///   `notConfirmed`: the workflow runs, without the confirmation that its durability asks for. `outcomeUnknown` and other
    ///   transient errors once the client's patience is over: unless the whole workflow was stored, no part of it runs.
    @discardableResult
    public func enqueue(_ flow: Workflow, durability: Durability? = nil) async throws(SluiceError) -> WorkflowHandle {
        let (id, isNew) = try await workflows.enqueue(flow, try self.durability(durability))
        return WorkflowHandle(id: id, isNew: isNew, access: workflows)
    }

    /// A handle for a workflow by its id; nothing is sent.
    public func workflow(_ id: WorkflowID) -> WorkflowHandle { WorkflowHandle(id: id, isNew: false, access: workflows) }

    /// Calls about workflows, for clients and handlers.
    package var workflows: WorkflowAccess {
        WorkflowAccess(
            store: store, relay: relay, ends: workflowEnds, patience: options.patience, durability: options.durability,
            payload: options.payload, logger: logger)
    }
}
