package import SluiceCore

/// Names of the keys that the client touches itself; all others are known to the functions alone (`lua/base/keys.lua`).
package struct Keys: Sendable, Hashable {
    package let namespace: Namespace

    package init(_ namespace: Namespace) { self.namespace = namespace }

    /// What the functions of a queue are called with; the braces put all its keys into one slot.
    package func base(_ queue: QueueName) -> String { "\(namespace):{\(queue)}" }

    /// The list that a token on it wakes one idle worker of the queue.
    package func wake(_ queue: QueueName) -> String { base(queue) + ":wake" }

    /// The list that rings for one worker, busy or not.
    package func bell(_ queue: QueueName, _ worker: WorkerID) -> String { base(queue) + ":bell:" + worker.text }

    /// The stream of transitions.
    package func events(_ queue: QueueName) -> String { base(queue) + ":events" }

    /// Each job of the queue as it was enqueued, by id.
    func spec(_ queue: QueueName) -> String { base(queue) + ":spec" }

    /// Ids of jobs that were brought to the queue from other slots.
    func seen(_ queue: QueueName) -> String { base(queue) + ":seen" }

    /// What the queue has to tell elsewhere; there while there is anything.
    func outbox(_ queue: QueueName) -> String { base(queue) + ":outbox" }

    /// What the functions of a semaphore outside jobs are called with.
    package func semaphore(_ name: String) -> String { "\(namespace):{semaphore.\(name)}" }

    /// What the functions of a batch are called with.
    package func batch(_ id: BatchID) -> String { "\(namespace):{batch.\(id)}" }

    /// What the functions of the index of all batches are called with.
    package var batches: String { "\(namespace):{batches}" }

    /// What the functions of a rate limiter outside jobs are called with.
    package func limiter(_ name: String) -> String { "\(namespace):{limiter.\(name)}" }

    /// The list on which a client reads which of its waiters were given a permit.
    package func grants(_ semaphore: String, client: String) -> String { self.semaphore(semaphore) + ":grants:" + client }

    /// The list on which a client reads which jobs that it waits for have ended.
    package func inbox(_ queue: QueueName, client: String) -> String { base(queue) + ":inbox:" + client }

    /// What the functions of a workflow are called with.
    package func workflow(_ id: String) -> String { "\(namespace):{workflow.\(id)}" }

    /// What the functions of the index of all workflows are called with.
    package var workflows: String { "\(namespace):{workflows}" }

    /// The list on which a client hears of the end of a workflow.
    package func inbox(ofWorkflow id: String, client: String) -> String { workflow(id) + ":inbox:" + client }

    /// The set of all queues of the namespace.
    package var queues: String { "\(namespace):queues" }

    /// The hash of dependencies that are off for the whole namespace: name → `off`.
    package var dependencies: String { "\(namespace):dependencies" }
}
