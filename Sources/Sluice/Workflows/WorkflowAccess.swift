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
    let payload: PayloadRules
    let logger: Logger
    /// Encrypted kinds that this reader knows. The outputs of their nodes have to be encrypted.
    package var encryptedKinds: Set<String> = []

    /// Stores a workflow and starts it. Returns its id and whether the workflow was added.
    func enqueue(_ flow: Workflow) async throws(SluiceError) -> (id: String, isNew: Bool) {
        let id = flow.id ?? IDs.next().text
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
        for page in pages {
            let add = WorkflowAdd(head: head, token: token, nodes: page)
            let reply = try await repeating { () async throws(SluiceError) in try await store.call(add, workflow: id) }
            if reply.word != .ok { return (id, false) }
        }
        if flow.isUnique {
            let owner = try await claim(flow.name, for: id)
            if owner != id { return (owner, false) }
        }
        let started = try await repeating { () async throws(SluiceError) in
            try await store.call(WorkflowStep([.start]), workflow: id)
        }
        await carry(id, started)
        return (id, true)
    }

    /// The running workflow that owns this name: the new one, unless another one of this name has not ended.
    private func claim(_ name: String, for id: String) async throws(SluiceError) -> String {
        var before = ""
        while true {
            let call = ClaimName(id, before: before)
            let owner = try await repeating { () async throws(SluiceError) in try await store.call(call, workflow: name) }
            if owner == id { return owner }
            let status = WorkflowStatus(owner, try await store.call(ReadWorkflow(), workflow: owner))
            // A workflow that was built and never started is dropped after an hour.
            if let status, !status.state.isEnded { return owner }
            before = owner
        }
    }

    /// Adds nodes to a workflow. Returns the names of nodes that were there already.
    package func append(
        _ flow: Workflow, to id: String, after node: String? = nil
    ) async throws(SluiceError) -> [String] {
        var flow = flow
        if let node { flow.root(after: node) }
        let plan = try WorkflowPlan(flow, id: id, isAddition: true)
        let pages = try plan.pages(payload, trace: TraceHeaders.current())
        var existing: [String] = []
        for page in pages {
            let add = WorkflowAdd(head: nil, token: "append", nodes: page)
            let reply = try await repeating { () async throws(SluiceError) in try await store.call(add, workflow: id) }
            switch reply.word {
            case .ok: existing += reply.existing
            case .missing, .exists: throw SluiceError.unknownWorkflow(id)
            case .ended: throw SluiceError(.workflowEnded, "workflow '\(id)' has ended or is being cancelled: nothing was added")
            }
            await carry(id, reply.step)
        }
        return existing
    }

    /// Applies an operator's change to a workflow.
    func change(_ id: String, _ verb: WorkflowStep.Verb) async throws(SluiceError) {
        try checkName(id, of: "workflow")
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

    private func repeating<Reply>(
        _ call: () async throws(SluiceError) -> Reply
    ) async throws(SluiceError) -> Reply {
        try await store.repeating(for: patience, heedsCancellation: true, call)
    }
}

extension WorkflowAccess {
    /// The output of a node, as JSON.
    /// - Parameter mustBeSealed: Whether the kind of the node is known to be encrypted.
    /// - Throws: `unknownWorkflow`; `invalidArgument` if there is no such node; `noOutput`, with the reason, if the node has
    ///   none; `undecryptable`.
    package func output(
        of node: String, in id: String, mustBeSealed: Bool = false
    ) async throws(SluiceError) -> String {
        let found = try await store.call(ReadOutputs([node]), workflow: id).nodes[0]
        if !found.output.isEmpty {
            let output = Array(found.output.utf8)
            var mustBeSealed = mustBeSealed
            if !mustBeSealed, !encryptedKinds.isEmpty, SealedText(output) == nil {
                mustBeSealed = encryptedKinds.contains(try await store.call(ReadNodeKinds([node]), workflow: id)[0])
            }
            let plain = try payload.opened(
                output, as: .output(JobID(known: "\(id):\(node)")), mustBeSealed: mustBeSealed,
                "the output of node '\(node)' of workflow '\(id)'")
            return String(decoding: plain, as: UTF8.self)
        }
        if found.state.isEmpty {
            if try await store.call(ReadWorkflow(), workflow: id).isEmpty { throw SluiceError.unknownWorkflow(id) }
            throw SluiceError(.invalidArgument, "workflow '\(id)' has no node '\(node)'")
        }
        let why = found.state == "completed" ? "its handler returns none" : "it is \(found.state)"
        throw SluiceError(.noOutput, "node '\(node)' of workflow '\(id)' has no output: \(why)")
    }

    /// The shared context of all nodes, as JSON; nil if there is none.
    package func context(of id: String) async throws(SluiceError) -> String? {
        let context = try await store.call(ReadOutputs([]), workflow: id).context
        return context.isEmpty ? nil : context
    }
}
