package import SluiceCore

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
                try await tellIfKnown(callback.parent, .done(state, [Self.member(batch)]))
            } else {
                try await bring(callback, of: event, batch, reply.now)
            }
        }
        _ = try await store.call(BatchCall(.fired(Array(reply.firing.keys))), on: batch)
        return reply
    }

    /// Seals a batch. What that fires is brought by whoever looks after the index, should this process die before it has.
    package func seal(_ batch: BatchID) async throws(SluiceError) {
        let entry = Self.member(batch).text
        _ = try await store.call(WorkflowIndex(take: 0, looks: [(entry, .seconds(15))]))
        try await tell(batch, .seal)
        _ = try? await store.call(WorkflowIndex(take: 0, looks: [(entry, nil)]))
    }

    /// Brings what fired, if the entry of an index is that of a batch. Returns whether it is.
    func tend(_ entry: String) async throws(SluiceError) -> Bool {
        guard entry.hasPrefix(Self.prefix) else { return false }
        try await tellIfKnown(BatchID(known: String(entry.dropFirst(Self.prefix.count))), .tend)
        return true
    }

    /// A batch that is not known any more needs no news.
    private func tellIfKnown(_ batch: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) {
        do throws(SluiceError) {
            try await tell(batch, verb)
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
    package static func member(_ batch: BatchID) -> JobID { JobID(known: prefix + batch.text) }

    /// No id of a workflow begins so.
    package static let prefix = "batch:"
}
