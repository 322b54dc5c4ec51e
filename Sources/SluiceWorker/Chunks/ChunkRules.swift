import SluiceCore

/// The rules by which jobs of a kind gather into chunks.
struct ChunkRules: Sendable {
    var kind: String
    /// The default queue of the kind's jobs.
    var queue: QueueName
    /// The most members in a chunk.
    var size: Int
    /// How long the first member waits for others.
    var wait: Duration
    /// The partition whose value the members share, if any.
    var partition: String?

    private static let longestWait = Duration.seconds(86_400)

    /// - Throws: `invalidArgument` for values that are not valid, and for a size above the concurrency of the kind's queue, since
    ///   each member takes a place.
    func check(_ queues: [Queue]) throws(SluiceError) {
        guard size >= 1 else { throw refusal("have at least one member, not \(size)") }
        guard (Duration.zero...Self.longestWait).contains(wait) else { throw refusal("gather for 0 s to a day, not \(wait)") }
        if let partition { try DimensionName.check(partition) }
        let own = queues.filter { $0.name == queue }
        for queue in own.isEmpty ? queues : own where size > queue.concurrency {
            throw refusal(
                "of \(size) never fill in queue '\(queue.name)': each member takes one of its \(queue.concurrency) places. "
                    + "Raise its concurrency, or lower the size")
        }
    }

    private func refusal(_ text: String) -> SluiceError { SluiceError(.invalidArgument, "chunks of '\(kind)' \(text)") }
}
