public import SluiceCore

extension Worker {
    /// Runs jobs of a kind many at a time: one call of the handler for up to `size` of them.
    ///
    /// ```swift
    /// worker.handleChunk(Index.self, size: 100, within: .seconds(1), per: "account") { chunk in
    ///     try await search.add(chunk.members.map(\.job))
    /// }
    /// ```
    /// Members are claimed one by one like all jobs, so limits, leases, fences and retries are each one's own, and middleware,
    /// metrics and observers know of members only. A member takes one of the queue's places from its claim to its outcome:
    /// with a concurrency of twice the size, one chunk gathers while another runs.
    ///
    /// A chunk runs when it is full, when its first member has waited for `within`, or when the worker stops. The kind's timeout
    /// counts from then on. A member that is cancelled, takes too long or has to be given back leaves at once and is settled
    /// without the handler; when the last one leaves that has no outcome, the handler's task is cancelled.
    ///
    /// When the handler returns, members without an outcome have completed. When it throws, they have failed with its error, and
    /// the others keep what they have.
    /// - Parameters:
    ///   - size: the most members, no more than the concurrency of the kind's queue.
    ///   - wait: how long the first member waits for others, up to a day.
    ///   - partition: members of a chunk have the same value of this partition, or all have none.
    ///   - body: gets the chunk; `run()` of the worker refuses sizes, waits and names that make no sense.
    public func handleChunk<Kind: Job>(
        _ kind: Kind.Type, size: Int, within wait: Duration = .seconds(1), per partition: String? = nil,
        _ body: @escaping @concurrent @Sendable (Chunk<Kind>) async throws -> Void
    ) where Kind.Output == NoOutput {
        register(chunksOf: kind, size, wait, partition) { chunk in
            try await body(chunk)
            for member in chunk.members { member.settle(.completed(NoOutput())) }
        }
    }

    /// Runs jobs of a kind many at a time by a handler that says how each run ended.
    ///
    /// As the other form, but a member that has no outcome when the handler returns, neither from ``Chunk/Member/settle(_:)``
    /// nor among those returned, has failed.
    /// - Parameter body: returns outcomes by member; what is no open member is passed over.
    @_disfavoredOverload
    public func handleChunk<Kind: Job>(
        _ kind: Kind.Type, size: Int, within wait: Duration = .seconds(1), per partition: String? = nil,
        _ body: @escaping @concurrent @Sendable (Chunk<Kind>) async throws -> [JobID: Outcome<Kind.Output>]
    ) {
        register(chunksOf: kind, size, wait, partition) { chunk in
            let outcomes = try await body(chunk)
            for member in chunk.members {
                member.settle(outcomes[member.id] ?? .retry(reason: "the handler of the chunk gave it no outcome"))
            }
        }
    }

    private func register<Kind: Job>(
        chunksOf kind: Kind.Type, _ size: Int, _ wait: Duration, _ partition: String?, _ body: @escaping ChunkRun<Kind>.Body
    ) {
        let rules = ChunkRules(
            kind: Kind.kind, queue: Kind.options.queue, size: size, wait: wait, partition: partition)
        register(rules) { Handler(ChunkGatherer(rules, body: body)) }
    }
}
