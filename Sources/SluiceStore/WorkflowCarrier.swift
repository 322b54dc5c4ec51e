package import SluiceCore
import Synchronization

/// Brings the jobs of nodes that a workflow has released into their queues, and cancels those that it wants no more.
package final class WorkflowCarrier: Sendable {
    /// Ms by the server's clock for which what was learned from one slot may be acted on in another.
    package static let validity = 60_000

    private let store: Store
    private let registered = Mutex<Set<QueueName>>([])

    package init(_ store: Store) { self.store = store }

    /// Makes a call, does what it asks for, and calls again until there is no more to do. Returns the last reply.
    @discardableResult
    package func drive(_ workflow: String, _ verbs: [WorkflowStep.Verb]) async throws(SluiceError) -> WorkflowStep.Reply {
        try await follow(workflow, try await store.call(WorkflowStep(verbs), workflow: workflow))
    }

    /// Does what a call asks for, and calls again until there is no more to do.
    @discardableResult
    package func follow(
        _ workflow: String, _ reply: WorkflowStep.Reply, tending: Bool = false
    ) async throws(SluiceError) -> WorkflowStep.Reply {
        var reply = reply
        while true {
            try await deliver(reply.nodes, at: reply.now)
            try await cancel(reply.stops)
            if !reply.hasMore && !(tending && !reply.nodes.isEmpty) { return reply }
            var verbs: [WorkflowStep.Verb] = reply.nodes.isEmpty ? [] : [.released(reply.nodes.map(\.name))]
            // Tending goes over all that is being released, a page at a time.
            if tending { verbs.append(.tend) }
            reply = try await store.call(WorkflowStep(verbs), workflow: workflow)
        }
    }

    /// Looks after one workflow. Returns when to do so again; nil if it is gone.
    package func tend(_ workflow: String) async throws(SluiceError) -> Duration? {
        if try await BatchBook(store).tend(workflow) { return nil }
        let reply = try await store.call(WorkflowStep([.tend]), workflow: workflow)
        return try await follow(workflow, reply, tending: true).look
    }

    /// Takes on workflows that are due and looks after them. Returns after how long the next is due, if there is one.
    package func tendDue(_ failed: (String, SluiceError) -> Void) async throws(SluiceError) -> Duration? {
        var looks: [(workflow: String, after: Duration?)] = []
        while true {
            let index = try await store.call(WorkflowIndex(take: 100, looks: looks))
            if index.due.isEmpty { return index.next }
            looks = []
            for workflow in index.due {
                do throws(SluiceError) {
                    looks.append((workflow, try await tend(workflow)))
                } catch {
                    // It is due again in a few seconds.
                    failed(workflow, error)
                }
            }
        }
    }

    /// Brings jobs into their queues, whatever workflow they are of. Repeating it is harmless.
    package func deliver(_ nodes: [WorkflowStep.Node], at now: Int) async throws(SluiceError) {
        for (queue, nodes) in Dictionary(grouping: nodes, by: \.queue) {
            try await register(queue)
            var rest = nodes[...]
            while !rest.isEmpty {
                let page = Self.page(of: rest)
                rest = rest.dropFirst(page.count)
                _ = try await store.call(Deliver(validUntil: now + Self.validity, items: page), on: queue)
            }
        }
    }

    /// What one call can carry.
    private static func page(of nodes: ArraySlice<WorkflowStep.Node>) -> [Deliver.Item] {
        var bytes = 0
        let fitting = nodes.prefix(1000).prefix { node in
            defer { bytes += node.item.spec.count }
            return bytes < 4 << 20
        }
        return fitting.map(\.item)
    }

    private func cancel(_ stops: [WorkflowStep.Stop]) async throws(SluiceError) {
        for (queue, stops) in Dictionary(grouping: stops, by: \.queue) {
            _ = try await store.call(CancelJobs(stops.map(\.job)), on: queue)
        }
    }

    private func register(_ queue: QueueName) async throws(SluiceError) {
        if registered.withLock({ $0.contains(queue) }) { return }
        try await store.register(queue)
        registered.withLock { _ = $0.insert(queue) }
    }
}
