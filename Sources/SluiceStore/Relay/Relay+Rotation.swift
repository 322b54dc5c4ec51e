import Hiredis
package import SluiceCore

/// Relays messages that were left behind: the process that changed a job died before it could relay them, or was `redis-cli`.
extension Relay {
    /// Time between two scans of all outboxes of a namespace, and the number of queues above which it is longer.
    private static let pause = Duration.seconds(10)
    private static let pausePerQueue = Duration.milliseconds(5)

    /// Does the due maintenance of a namespace: workflows, batches that are being sealed, the outboxes of all queues. Returns the
    /// time until the next workflow is due, if there is one.
    package func maintainDue(_ failed: (String, SluiceError) -> Void) async throws(SluiceError) -> Duration? {
        var looks: [(workflow: String, after: Duration?)] = []
        while true {
            let index = try await store.call(WorkflowIndex(take: 100, looks: looks))
            if index.due.isEmpty { return index.next }
            looks = []
            for entry in index.due {
                do throws(SluiceError) {
                    looks.append((entry, entry == WorkflowIndex.outboxes ? try await relayAll() : try await maintain(entry)))
                } catch {
                    // The entry is due again in a few seconds.
                    failed(entry, error)
                }
            }
        }
    }

    /// Relays the due messages of all queues. An empty outbox costs one `EXISTS`. Returns the time until the next scan.
    private func relayAll() async throws(SluiceError) -> Duration {
        let queues = try await store.queues()
        for page in queues.pages(of: 500) {
            for queue in try await store.withMessages(page) { await relay(queue) }
        }
        return max(Self.pause, Self.pausePerQueue * queues.count)
    }
}

extension Store {
    /// The queues among these whose outbox holds messages.
    func withMessages(_ queues: [QueueName]) async throws(SluiceError) -> [QueueName] {
        let replies = try await pipeline(
            queues.map { queue in
                let outbox = keys.outbox(queue)
                return (command: ["EXISTS", outbox], key: outbox)
            })
        return zip(queues, replies).compactMap { queue, reply in
            if case .success(let reply) = reply, reply.root.integer == 1 { queue } else { nil }
        }
    }
}
