import Hiredis
package import SluiceCore

/// What nobody carries: the process that changed a job has died before it could, or was `redis-cli`.
extension Relay {
    /// Time between two looks at all outboxes of a namespace, and for how many queues it is longer.
    private static let pause = Duration.seconds(10)
    private static let pausePerQueue = Duration.milliseconds(5)

    /// Takes on what is due in the index of a namespace: workflows, batches that are being sealed, the outboxes of all queues. Returns
    /// after how long the next workflow is due, if there is one.
    package func tendDue(_ failed: (String, SluiceError) -> Void) async throws(SluiceError) -> Duration? {
        var looks: [(workflow: String, after: Duration?)] = []
        while true {
            let index = try await store.call(WorkflowIndex(take: 100, looks: looks))
            if index.due.isEmpty { return index.next }
            looks = []
            for entry in index.due {
                do throws(SluiceError) {
                    looks.append((entry, entry == WorkflowIndex.outboxes ? try await relayAll() : try await tend(entry)))
                } catch {
                    // It is due again in a few seconds.
                    failed(entry, error)
                }
            }
        }
    }

    /// Relays what is due of whatever queue. An outbox that is empty costs one `EXISTS`. Returns when to do so again.
    private func relayAll() async throws(SluiceError) -> Duration {
        let queues = try await store.queues()
        var rest = queues[...]
        while !rest.isEmpty {
            let page = Array(rest.prefix(500))
            rest = rest.dropFirst(500)
            for queue in try await store.withMessages(page) { await relay(queue) }
        }
        return max(Self.pause, Self.pausePerQueue * queues.count)
    }
}

extension Store {
    /// Those of some queues whose outbox holds messages.
    func withMessages(_ queues: [QueueName]) async throws(SluiceError) -> [QueueName] {
        let replies = try await pipeline(queues.map { ["EXISTS", keys.outbox($0)] })
        return zip(queues, replies).compactMap { queue, reply in
            if case .success(let reply) = reply, reply.root.integer == 1 { queue } else { nil }
        }
    }
}
