/// The sentinels of a primary: those that were configured, and those that they told of.
struct SentinelRoster: Equatable {
    private static let mostLearned = 16

    /// Never forgotten: those that were learned may all be gone, or have new addresses.
    let seeds: [RedisEndpoint]
    private var learned: [RedisEndpoint] = []
    /// The one that answered last.
    private var last: RedisEndpoint?

    init(seeds: [RedisEndpoint]) {
        self.seeds = seeds
    }

    /// In which order to ask: first the one that answered last.
    var order: [RedisEndpoint] {
        var order: [RedisEndpoint] = []
        for sentinel in [last].compactMap({ $0 }) + seeds + learned where !order.contains(sentinel) { order.append(sentinel) }
        return order
    }

    /// - Parameter others: Whom the sentinel knows; nil if it did not say.
    mutating func answered(_ sentinel: RedisEndpoint, others: [RedisEndpoint]?) {
        last = sentinel
        if let others { learned = Array(others.prefix(Self.mostLearned)) }
    }
}
