import Logging
import NIOCore
package import SluiceCore
package import SluiceStore

/// Calls about workflows, for clients and handlers. A call that was cut off is repeated, which is harmless.
package struct WorkflowAccess: Sendable {
    package let store: Store
    package let relay: Relay
    let ends: EndWaiters<String, WorkflowEnds>
    let patience: Duration
    /// The durability of the client, for calls that choose none.
    let durability: Durability
    let payload: PayloadRules
    let logger: Logger
    /// Encrypted kinds that this reader knows. The outputs of their nodes have to be encrypted.
    package var encryptedKinds: Set<String> = []

    /// Stores a workflow and starts it. Returns its id and whether the workflow was added.
    /// - Throws: `notConfirmed` once it is started.
    func enqueue(_ flow: Workflow, _ durability: Durability) async throws(SluiceError) -> (id: WorkflowID, isNew: Bool) {
        let name = flow.id ?? WorkflowID(known: IDs.next().text)
        let id = name.text
        if flow.isUnique { try checkName(flow.name, of: "unique workflow") }
        guard flow.name.utf8.count <= 256 else {
            throw SluiceError(.invalidArgument, "a workflow's name takes at most 256 bytes")
        }
        if let deadline = flow.deadline, deadline <= .zero {
            throw SluiceError(.invalidArgument, "the deadline of workflow '\(flow.name)' would be over before it starts")
        }
        guard flow.context.utf8.count <= payload.limit else {
            throw SluiceError(
                .payloadTooLarge,
                "what workflow '\(flow.name)' shares, \(flow.context.utf8.count) bytes, is above the limit of \(payload.limit)")
        }
        let plan = try WorkflowPlan(flow, id: id, isAddition: false)
        let pages = try plan.pages(payload, trace: TraceHeaders.current())
        let head = WorkflowAdd.Head(name: flow.name, deadline: flow.deadline, context: flow.context)
        let token = IDs.next().text
        // The index comes first, so that maintenance finds the remains if this client dies on the way.
        let look = min(flow.deadline ?? .seconds(60), .seconds(60))
        try await repeating { () async throws(SluiceError) in
            _ = try await store.call(WorkflowIndex(take: 0, looks: [(id, look)]))
        }
        var confirmation = Confirmation(durability)
        for page in pages {
            let add = WorkflowAdd(head: head, token: token, nodes: page)
            let reply = try await call(add, of: id, &confirmation)
            if reply.word != .ok { return (name, false) }
        }
        if flow.isUnique {
            let owner = try await claim(flow.name, for: id)
            if owner != id { return (WorkflowID(known: owner), false) }
        }
        let started = try await call(WorkflowStep([.start]), of: id, &confirmation)
        await carry(id, started)
        try confirmation.check(id)
        return (name, true)
    }

    /// The running workflow that owns this name: the new one, unless another one of this name has not ended.
    private func claim(_ name: String, for id: String) async throws(SluiceError) -> String {
        var before = ""
        while true {
            let call = ClaimName(id, before: before)
            let owner = try await repeating { () async throws(SluiceError) in try await store.call(call, workflow: name) }
            if owner == id { return owner }
            let status = WorkflowStatus(WorkflowID(known: owner), try await store.call(ReadWorkflow(), workflow: owner))
            // A workflow that was built and never started is dropped after an hour.
            if let status, !status.state.isEnded { return owner }
            before = owner
        }
    }

    /// Adds nodes to a workflow. Returns the nodes that were there already.
    package func append(
        _ flow: Workflow, to workflow: WorkflowID, after node: Workflow.Node? = nil, _ durability: Durability = .primary
    ) async throws(SluiceError) -> [Workflow.Node] {
        let id = try workflow.validated().text
        var flow = flow
        if let node { flow.root(after: node.name) }
        let plan = try WorkflowPlan(flow, id: id, isAddition: true)
        let pages = try plan.pages(payload, trace: TraceHeaders.current())
        var existing: [String] = []
        var confirmation = Confirmation(durability)
        for page in pages {
            let add = WorkflowAdd(head: nil, token: "append", nodes: page)
            let reply = try await call(add, of: id, &confirmation)
            switch reply.word {
            case .ok: existing += reply.existing
            case .missing, .exists: throw SluiceError.unknownWorkflow(id)
            case .ended: throw SluiceError(.workflowEnded, "workflow '\(id)' has ended or is being cancelled: nothing was added")
            }
            await carry(id, reply.step)
        }
        try confirmation.check(id)
        return existing.map { Workflow.Node($0) }
    }

    /// Applies an operator's change to a workflow.
    func change(_ workflow: WorkflowID, _ verb: WorkflowStep.Verb) async throws(SluiceError) {
        let id = try workflow.validated().text
        let reply = try await repeating { () async throws(SluiceError) in
            try await store.call(WorkflowStep([verb]), workflow: id)
        }
        if reply.state == nil { throw SluiceError.unknownWorkflow(id) }
        // A workflow that had ended may have left the index.
        if let look = reply.look { _ = try await store.call(WorkflowIndex(take: 0, looks: [(id, min(look, .seconds(60)))])) }
        try await relay.follow(id, reply)
    }

    /// Carries out committed steps. If that fails, a worker does it later.
    private func carry(_ id: String, _ reply: WorkflowStep.Reply) async {
        do throws(SluiceError) {
            try await relay.follow(id, reply)
        } catch {
            logger.warning(
                "nodes of a workflow could not be brought into their queues: a worker does it",
                metadata: ["workflow": "\(id)", "error": "\(error)"])
        }
    }

    /// Calls a function on the record of a workflow, and waits for its confirmation, unless an earlier call got none.
    private func call<Function: StoreFunction>(
        _ function: Function, of id: String, _ confirmation: inout Confirmation
    ) async throws(SluiceError) -> Function.Reply {
        let durability = confirmation.shortfall == nil ? confirmation.durability : .primary
        let confirmed = try await repeating { () async throws(SluiceError) in
            try await store.call(function, workflow: id, durability)
        }
        confirmation.shortfall = confirmation.shortfall ?? confirmed.shortfall
        return confirmed.reply
    }

    /// What is known of the confirmation of several calls. What one of them lacks the others cannot make up for, and a workflow
    /// that is half stored would help nobody: so the calls go on.
    private struct Confirmation {
        let durability: Durability
        var shortfall: Shortfall?

        init(_ durability: Durability) { self.durability = durability }

        func check(_ id: String) throws(SluiceError) {
            guard let shortfall else { return }
            var error = shortfall.error(for: "workflow '\(id)' is stored")
            error.workflow = WorkflowID(known: id)
            throw error
        }
    }

    private func repeating<Reply>(
        _ call: () async throws(SluiceError) -> Reply
    ) async throws(SluiceError) -> Reply {
        try await store.repeating(for: patience, heedsCancellation: true, call)
    }
}
