import SluiceCore

/// Relays notifications to the queue whose workers deliver them.
extension Relay {
    private static let room = CallRoom(items: 500)

    /// Enqueues the jobs that call webhooks, those of one job in order. A job that is repeated after a call of another relay is
    /// repeated together with its predecessors, so repetitions come in order, too.
    func notify(_ messages: [OutboxMessage], in round: Round, _ run: RelayRun) async throws(SluiceError) {
        var items: [Deliver.Item] = []
        for case .notices(let queue, let job, let notices) in messages.map(\.event) {
            for notice in notices { items.append(try notice.item(of: job, in: queue)) }
        }
        for page in items.pages(in: Self.room, { $0.takes(bytes: $1.spec.count) }) {
            try await run.deliver(
                page, to: Notify.queue, at: round.now, of: store.keys.base(round.queue), kept: Deliver.memory)
        }
    }
}
