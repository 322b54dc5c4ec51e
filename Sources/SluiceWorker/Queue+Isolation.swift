import SluiceCore

extension Queue {
    /// The queue with a limit on the runs of each value of a partition, over all workers, unless it declares one itself: a fifth of its
    /// places, and one at least. So one value whose runs take long leaves places to the others.
    func isolated(by partition: String) -> Queue {
        let limit = Limit.concurrency(max(concurrency / 5, 1), per: partition)
        if limits.contains(where: { (try? $0.checked())?.name == limit.name }) { return self }
        var queue = self
        queue.limits.append(limit)
        return queue
    }
}
