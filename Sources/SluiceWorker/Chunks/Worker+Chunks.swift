public import SluiceCore

extension Worker {
    /// Runs jobs of a kind in chunks: one call of the handler for up to `size` jobs.
    ///
    /// ```swift
    /// worker.handleChunk(Index.self, size: 100, within: .seconds(1), partition: "account") { chunk in
    ///     try await search.add(chunk.members.map(\.job))
    /// }
    /// ```
    /// Members are claimed one by one like all jobs, so each has its own limits, lease, fence and retries. Middleware, metrics
    /// and observers see members only. A member takes one of the queue's places from its claim to its outcome. With a concurrency
    /// of twice the size, one chunk gathers while another runs.
    ///
    /// A chunk runs when it is full, when its first member has waited for `within`, or when the worker stops. The kind's timeout
    /// counts from then on. A member that is cancelled, takes too long or has to be given back leaves at once, and is settled
    /// without the handler. When no member without an outcome is left, the handler's task is cancelled.
    ///
    /// When the handler returns, members without an outcome have completed. When it throws, they have failed with its error; the
    /// other members keep their outcomes.
    /// - Parameters:
    ///   - size: the most members, at most the concurrency of the kind's queue.
    ///   - wait: how long the first member waits for others, up to a day.
    ///   - partition: a partition whose value is the same for all members of a chunk, or is missing for all of them.
    ///   - body: the handler, called with the chunk. The worker's `run()` refuses sizes, waits and names that are not valid.
    public func handleChunk<Kind: Job>(
        _ kind: Kind.Type, size: Int, within wait: Duration = .seconds(1), partition: String? = nil,
        _ body: @escaping @concurrent @Sendable (Chunk<Kind>) async throws -> Void
    ) where Kind.Output == NoOutput {
        register(chunksOf: kind, size, wait, partition) { chunk in
            try await body(chunk)
            for member in chunk.members { member.settle(.completed(NoOutput())) }
        }
    }

    /// Runs jobs of a kind in chunks, by a handler that returns the outcomes.
    ///
    /// This form differs in one point: a member without an outcome when the handler returns has failed. An outcome comes from
    /// ``Chunk/Member/settle(_:)`` or from the returned dictionary.
    /// - Parameter body: returns outcomes by member; ids that belong to no open member are ignored.
    @_disfavoredOverload
    public func handleChunk<Kind: Job>(
        _ kind: Kind.Type, size: Int, within wait: Duration = .seconds(1), partition: String? = nil,
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
