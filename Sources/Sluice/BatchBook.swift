package import SluiceCore
package import SluiceStore

/// Tells batches what happened, and brings to their queues the callbacks that fire by it.
///
/// A callback that could not be brought stays among those that fire, and comes with the next call on the batch.
package struct BatchBook: Sendable {
    private let store: Store
    /// Ms by the server's clock for which a callback may be on its way.
    private static let validity = 60_000

    package init(_ store: Store) { self.store = store }

    /// Tells a batch, and all that it is a member of.
    @discardableResult
    package func tell(_ batch: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) -> BatchCall.Reply {
        let reply = try await store.call(BatchCall(verb), on: batch)
        if reply.firing.isEmpty { return reply }
        for (event, callback) in reply.firing {
            if event == "parent" {
                let state: Fact.EndState = reply.badEnds == 0 ? .completed : .discarded
                try await tellParent(callback.parent, .done(state, [Self.member(batch)]))
            } else {
                try await bring(callback, of: event, batch, reply.now)
            }
        }
        _ = try await store.call(BatchCall(.fired(Array(reply.firing.keys))), on: batch)
        return reply
    }

    /// A parent that is not known any more needs no news.
    private func tellParent(_ parent: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) {
        do throws(SluiceError) {
            try await tell(parent, verb)
        } catch {
            if error.code != .batchEnded { throw error }
        }
    }

    private func bring(
        _ callback: BatchCallback, of event: String, _ batch: BatchID, _ now: Int
    ) async throws(SluiceError) {
        guard let job = callback.job(JobID(known: "\(batch).\(event)")) else { return }
        try await store.register(job.queue)
        _ = try await store.call(Deliver(validUntil: now + Self.validity, items: [job.item]), on: job.queue)
    }

    /// What a batch is called as a member of another one. No job is called so by a client.
    package static func member(_ batch: BatchID) -> JobID { JobID(known: "batch:\(batch)") }
}
