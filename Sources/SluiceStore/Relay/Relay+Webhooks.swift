import SluiceCore

/// Notifications on their way to the queue whose workers deliver them.
extension Relay {
    /// Bytes above which a call is closed.
    private static let mostBytes = 4 << 20
    private static let mostItems = 500

    /// Puts in the jobs that tell web hooks, those of each job in their order: one that is repeated by a call behind another one's
    /// back has those before it with it, so whatever comes twice comes in order.
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
