public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SluiceClient {
    /// Enqueues a workflow and starts it. When the call returns, the whole workflow is committed in Redis, and its first nodes
    /// are in their queues or on their way.
    ///
    /// - Returns: A handle. ``WorkflowHandle/isNew`` is false, and nothing was added, if a workflow of this id was there already,
    ///   or, for a unique one, a workflow of this name that has not ended.
    /// - Throws: `invalidArgument` for cycles, unknown nodes and duplicate names, and `payloadTooLarge`: nothing was stored.
    ///   `outcomeUnknown` and other transient errors once the client's patience is over: unless the whole workflow was stored, no
    ///   part of it runs.
    @discardableResult
    public func enqueue(_ flow: Workflow) async throws(SluiceError) -> WorkflowHandle {
        let (id, isNew) = try await workflows.enqueue(flow)
        return WorkflowHandle(id: id, isNew: isNew, access: workflows)
    }

    /// A handle for a workflow by its id; nothing is sent.
    public func workflow(_ id: String) -> WorkflowHandle { WorkflowHandle(id: id, isNew: false, access: workflows) }

    /// Calls about workflows, for clients and handlers.
    package var workflows: WorkflowAccess {
        WorkflowAccess(
            store: store, relay: relay, ends: workflowEnds, patience: options.patience, payload: options.payload, logger: logger)
    }
}

extension SluiceClient {
    /// The stored workflows, newest first.
    /// - Parameters:
    ///   - state: only workflows in this state.
    ///   - most: how many workflows to return. At most 10,000 are looked at.
    /// - Throws: What the calls to Redis throw, such as `unreachable`.
    public func workflowStatuses(
        state: WorkflowStatus.State? = nil, most: Int = 50
    ) async throws(SluiceError) -> [WorkflowStatus] {
        let ids = try await store.workflows(most: 10_000)
        var found: [WorkflowStatus] = []
        // Ids made by clients sort by age. Other ids are sorted by time below.
        for id in ids.sorted(by: >) {
            let values = try await store.call(ReadWorkflow(), workflow: id)
            guard let status = WorkflowStatus(id, values), state == nil || status.state == state else { continue }
            found.append(status)
        }
        return Array(found.sorted { ($0.created ?? .distantPast) > ($1.created ?? .distantPast) }.prefix(most))
    }
}
