import SluiceCore

/// How the jobs of a kind gather into chunks.
struct ChunkRules: Sendable {
    var kind: String
    /// Where its jobs go unless they are enqueued otherwise.
    var queue: QueueName
    /// The most members of a chunk.
    var size: Int
    /// How long the first member waits for others.
    var wait: Duration
    /// The partition whose value they have in common.
    var partition: String?

    private static let longestWait = Duration.seconds(86_400)

    /// - Throws: `invalidArgument` for what makes no sense, and for a size that no worker of these queues can gather, since each
    ///   member takes a place.
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
