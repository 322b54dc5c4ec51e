package import SluiceCore

/// Tells batches what happened, and brings to their queues the callbacks that fire by it.
///
/// A callback that could not be brought stays among those that fire, and comes with the next call on the batch.
package struct BatchBook: Sendable {
    private let errand: Errand
    private var store: Store { errand.store }

    init(_ errand: Errand) { self.errand = errand }

    /// Tells a batch, and all that it is a member of.
    @discardableResult
    func tell(_ batch: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) -> BatchCall.Reply {
        // Before it is there, so that none is that is not listed.
        if case .open = verb { try await store.note(.open, [batch]) }
        let reply = try await store.call(BatchCall(verb), on: batch)
        if reply.isFinished { try await store.note(.finished, [batch]) }
        var next = reply
        // A reply has as many as fit.
        while !next.firing.isEmpty {
            for (event, callback) in next.firing {
                if event == "parent" {
                    let state: Fact.EndState = next.badEnds == 0 ? .completed : .discarded
                    try await tellIfKnown(callback.parent, .done(state, [Self.member(batch)]))
                } else {
                    try await bring(callback, of: event, batch, next.now)
                }
            }
            next = try await store.call(BatchCall(.fired(Array(next.firing.keys))), on: batch)
        }
        return reply
    }

    /// Seals a batch. What that fires is brought by whoever looks after the index, should this process die before it has.
    func seal(_ batch: BatchID) async throws(SluiceError) {
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

    /// Tells a batch which members ended. One that is not known any more needs nothing.
    func tell(_ batch: BatchID, _ facts: [Fact]) async throws(SluiceError) {
        var ends: [Fact.EndState?: [JobID]] = [:]
        for case .members(_, let state, let jobs) in facts.map(\.news) { ends[state, default: []] += jobs }
        for (state, ids) in ends {
            for first in stride(from: 0, to: ids.count, by: BatchCall.mostMembers) {
                try await tellIfKnown(batch, .done(state, Array(ids[first...].prefix(BatchCall.mostMembers))))
            }
        }
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
        try await errand.deliver([job.item], to: job.queue, at: now)
    }

    /// What a batch is called as a member of another one. No job is called so by a client.
    package static func member(_ batch: BatchID) -> JobID { JobID(known: prefix + batch.text) }

    /// No id of a workflow begins so.
    package static let prefix = "batch:"
}

extension Relay {
    /// Tells a batch something, brings what that fires to its queue, and relays what that puts into outboxes.
    package func tell(_ batch: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) {
        let errand = errand()
        try await BatchBook(errand).tell(batch, verb)
        await finish(errand)
    }

    /// Seals a batch.
    package func seal(_ batch: BatchID) async throws(SluiceError) {
        let errand = errand()
        try await BatchBook(errand).seal(batch)
        await finish(errand)
    }
}
