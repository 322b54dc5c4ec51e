import SluiceCore

/// Relays notifications to the queue whose workers deliver them.
extension Relay {
    /// Size of a call, in bytes, above which it takes no more jobs.
    private static let mostBytes = 4 << 20
    private static let mostItems = 500

    /// Enqueues the jobs that call webhooks, those of one job in order. A job that is repeated after a call of another relay is
    /// repeated together with its predecessors, so repetitions come in order, too.
    func notify(_ facts: [Fact], in round: Round, _ errand: Errand) async throws(SluiceError) {
        var items: [Deliver.Item] = []
        var bytes = 0
        for case .notices(let queue, let job, let notices) in facts.map(\.news) {
            for notice in notices {
                if items.count == Self.mostItems || bytes + notice.spec.count > Self.mostBytes {
                    try await errand.deliver(items, to: Notify.queue, at: round.now, kept: Deliver.memory)
                    (items, bytes) = ([], 0)
                }
                items.append(try notice.item(of: job, in: queue))
                bytes += notice.spec.count
            }
        }
        if !items.isEmpty { try await errand.deliver(items, to: Notify.queue, at: round.now, kept: Deliver.memory) }
    }
}
