public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SluiceClient {
    /// Puts a workflow in and starts it. When it returns, the whole is committed in Redis, and the nodes that come after nothing
    /// are in their queues or on their way.
    ///
    /// - Returns: a handle; ``WorkflowHandle/isNew`` is false if a workflow of this id, or one of this name that has not ended, was
    ///   there already: nothing was added then.
    /// - Throws: `invalidArgument` for cycles, unknown nodes, names that are there twice, and `payloadTooLarge`: nothing was
    ///   stored. `outcomeUnknown` and the like after the client's patience: unless it had been stored as a whole, nothing of it
    ///   runs.
    @discardableResult
    public func enqueue(_ flow: Workflow) async throws(SluiceError) -> WorkflowHandle {
        let (id, isNew) = try await workflows.enqueue(flow)
        return WorkflowHandle(id: id, isNew: isNew, access: workflows)
    }

    /// A workflow by its id; nothing is sent.
    public func workflow(_ id: String) -> WorkflowHandle { WorkflowHandle(id: id, isNew: false, access: workflows) }

    /// What client and handlers do to workflows.
    package var workflows: WorkflowAccess {
        WorkflowAccess(
            store: store, relay: relay, ends: workflowEnds, patience: options.patience, payload: options.payload, logger: logger)
    }
}

extension SluiceClient {
    /// How the workflows that are kept stand, the newest first.
    /// - Parameters:
    ///   - state: only those in this state.
    ///   - most: how many are told; of 10,000 that are looked at.
    public func workflowStatuses(
        state: WorkflowStatus.State? = nil, most: Int = 50
    ) async throws(SluiceError) -> [WorkflowStatus] {
        let ids = try await store.workflows(most: 10_000)
        var found: [WorkflowStatus] = []
        // Ids made by clients sort by age; those of people's own come by their times below.
        for id in ids.sorted(by: >) {
            let values = try await store.call(ReadWorkflow(), workflow: id)
            guard let status = WorkflowStatus(id, values), state == nil || status.state == state else { continue }
            found.append(status)
        }
        return Array(found.sorted { ($0.created ?? .distantPast) > ($1.created ?? .distantPast) }.prefix(most))
    }
}
