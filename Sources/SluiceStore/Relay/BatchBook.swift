package import SluiceCore

/// Reports events to batches and delivers the callbacks that fire.
///
/// A callback that could not be delivered stays among the firing ones, and is delivered with the next call on the batch.
package struct BatchBook: Sendable {
    private let run: RelayRun
    private var store: Store { run.store }

    init(_ run: RelayRun) { self.run = run }

    /// Reports an event to a batch and to all its parents.
    /// - Returns: Why the report is not confirmed as the durability asks, if so.
    @discardableResult
    func tell(
        _ batch: BatchID, _ verb: BatchCall.Verb, _ durability: Durability = .primary
    ) async throws(SluiceError) -> Shortfall? {
        // Recorded before the batch exists, so that no batch is missing from the index.
        if case .open = verb { try await store.note(.open, [batch]) }
        let (reply, shortfall) = try await call(verb, batch, durability)
        if reply.isFinished { try await store.note(.finished, [batch]) }
        var next = reply
        // A reply has as many as fit.
        while !next.firing.isEmpty {
            for (event, callback) in next.firing {
                if event == "parent" {
                    let state: OutboxMessage.EndState = next.failures == 0 ? .completed : .discarded
                    try await tellIfKnown(callback.parent, .done(state, [Self.member(batch)]))
                } else {
                    try await bring(callback, of: event, batch, next.now)
                }
            }
            next = try await store.call(BatchCall(.fired(Array(next.firing.keys))), batch: batch)
        }
        return shortfall
    }

    private func call(
        _ verb: BatchCall.Verb, _ batch: BatchID, _ durability: Durability
    ) async throws(SluiceError) -> (BatchCall.Reply, Shortfall?) {
        let confirmed = try await store.call(BatchCall(verb), batch: batch, durability)
        return (confirmed.reply, confirmed.shortfall)
    }

    /// Seals a batch. If this process dies before it has delivered the callbacks, maintenance of the index delivers them.
    func seal(_ batch: BatchID, _ durability: Durability) async throws(SluiceError) -> Shortfall? {
        let entry = Self.member(batch).text
        _ = try await store.call(WorkflowIndex(take: 0, looks: [(entry, .seconds(15))]))
        let shortfall = try await tell(batch, .seal, durability)
        _ = try? await store.call(WorkflowIndex(take: 0, looks: [(entry, nil)]))
        return shortfall
    }

    /// Delivers fired callbacks, if the index entry is a batch. Returns whether it is.
    func maintain(_ entry: String) async throws(SluiceError) -> Bool {
        guard let batch = Self.batch(of: entry) else { return false }
        try await tellIfKnown(batch, .maintain)
        return true
    }

    /// Reports ended members to a batch. Does nothing if the batch is unknown.
    func tell(_ batch: BatchID, _ messages: [OutboxMessage]) async throws(SluiceError) {
        var ends: [OutboxMessage.EndState?: [JobID]] = [:]
        for case .members(_, let state, let jobs) in messages.map(\.event) { ends[state, default: []] += jobs }
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
        try await run.deliver([job.item], to: job.queue, at: now, of: store.keys.batch(batch))
    }

    /// The name of a batch as a member of another one. No client's job can have such an id.
    package static func member(_ batch: BatchID) -> JobID { JobID(known: prefix + batch.text) }

    /// The batch that an entry of the maintenance index stands for; nil if it stands for something else.
    package static func batch(of entry: String) -> BatchID? {
        entry.hasPrefix(prefix) ? BatchID(known: String(entry.dropFirst(prefix.count))) : nil
    }

    /// No workflow id begins with this.
    package static let prefix = "batch:"
}

extension Relay {
    /// Reports an event to a batch, delivers the callbacks that fire, and relays the resulting outbox messages.
    /// - Returns: Why the report is not confirmed as the durability asks, if so.
    @discardableResult
    package func tell(
        _ batch: BatchID, _ verb: BatchCall.Verb, _ durability: Durability = .primary
    ) async throws(SluiceError) -> Shortfall? {
        let run = begin()
        let shortfall = try await BatchBook(run).tell(batch, verb, durability)
        await finish(run)
        return shortfall
    }

    /// Seals a batch.
    /// - Returns: The same.
    @discardableResult
    package func seal(_ batch: BatchID, _ durability: Durability = .primary) async throws(SluiceError) -> Shortfall? {
        let run = begin()
        let shortfall = try await BatchBook(run).seal(batch, durability)
        await finish(run)
        return shortfall
    }
}
