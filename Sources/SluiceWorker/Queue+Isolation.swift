import SluiceCore

extension Queue {
    /// The queue with a concurrency limit per value of a partition, over all workers: a fifth of its places, and at least one. So
    /// one value with long runs leaves places to the others. A limit that the queue declares itself takes precedence.
    func isolated(by partition: String) -> Queue {
        let limit = Limit.concurrency(max(concurrency / 5, 1), partition: partition)
        if limits.contains(where: { (try? $0.checked())?.name == limit.name }) { return self }
        var queue = self
        queue.limits.append(limit)
        return queue
    }
}
