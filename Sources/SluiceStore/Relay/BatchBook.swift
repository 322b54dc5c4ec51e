package import SluiceCore

/// Reports events to batches and delivers the callbacks that fire.
///
/// A callback that could not be delivered stays among the firing ones, and is delivered with the next call on the batch.
package struct BatchBook: Sendable {
    private let errand: Errand
    private var store: Store { errand.store }

    init(_ errand: Errand) { self.errand = errand }

    /// Reports an event to a batch and to all its parents.
    @discardableResult
    func tell(_ batch: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) -> BatchCall.Reply {
        // Recorded before the batch exists, so that no batch is missing from the index.
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

    /// Seals a batch. If this process dies before it has delivered the callbacks, maintenance of the index delivers them.
    func seal(_ batch: BatchID) async throws(SluiceError) {
        let entry = Self.member(batch).text
        _ = try await store.call(WorkflowIndex(take: 0, looks: [(entry, .seconds(15))]))
        try await tell(batch, .seal)
        _ = try? await store.call(WorkflowIndex(take: 0, looks: [(entry, nil)]))
    }

    /// Delivers fired callbacks, if the index entry is a batch. Returns whether it is.
    func maintain(_ entry: String) async throws(SluiceError) -> Bool {
        guard entry.hasPrefix(Self.prefix) else { return false }
        try await tellIfKnown(BatchID(known: String(entry.dropFirst(Self.prefix.count))), .maintain)
        return true
    }

    /// Reports ended members to a batch. Does nothing if the batch is unknown.
    func tell(_ batch: BatchID, _ facts: [Fact]) async throws(SluiceError) {
        var ends: [Fact.EndState?: [JobID]] = [:]
        for case .members(_, let state, let jobs) in facts.map(\.news) { ends[state, default: []] += jobs }
        for (state, ids) in ends {
            for page in ids.pages(of: BatchCall.mostMembers) { try await tellIfKnown(batch, .done(state, page)) }
        }
    }

    /// Reports an event to a batch. Does nothing if the batch is unknown.
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

    /// The name of a batch as a member of another one. No client's job can have such an id.
    package static func member(_ batch: BatchID) -> JobID { JobID(known: prefix + batch.text) }

    /// No workflow id begins with this.
    package static let prefix = "batch:"
}

extension Relay {
    /// Reports an event to a batch, delivers the callbacks that fire, and relays the resulting outbox messages.
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
