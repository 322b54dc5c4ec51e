package import SluiceCore

/// Names of the keys that the client uses itself. Only the functions know all others (`lua/base/keys.lua`).
package struct Keys: Sendable, Hashable {
    package let namespace: Namespace

    package init(_ namespace: Namespace) { self.namespace = namespace }

    /// The key argument of a queue's functions. The braces put all keys of the queue into one slot.
    package func base(_ queue: QueueName) -> String { "\(namespace):{\(queue)}" }

    /// The list whose tokens each wake one idle worker of the queue.
    package func wake(_ queue: QueueName) -> String { base(queue) + ":wake" }

    /// The list whose tokens wake one worker, busy or not.
    package func bell(_ queue: QueueName, _ worker: WorkerID) -> String { base(queue) + ":bell:" + worker.text }

    /// The list whose tokens end a blocking call of a worker in a cluster, and mean nothing else.
    func listenerEnd(_ queue: QueueName, _ worker: WorkerID) -> String { base(queue) + ":hush:" + worker.text }

    /// The stream of transitions.
    package func events(_ queue: QueueName) -> String { base(queue) + ":events" }

    /// The hash of job specs, by id.
    func spec(_ queue: QueueName) -> String { base(queue) + ":spec" }

    /// The ids of jobs that were delivered to the queue from other slots.
    func seen(_ queue: QueueName) -> String { base(queue) + ":seen" }

    /// The queue's outbox. The key exists only while the outbox has messages.
    func outbox(_ queue: QueueName) -> String { base(queue) + ":outbox" }

    /// The key argument of the functions of a semaphore outside jobs.
    package func semaphore(_ name: String) -> String { "\(namespace):{semaphore.\(name)}" }

    /// The key argument of a batch's functions.
    package func batch(_ id: BatchID) -> String { "\(namespace):{batch.\(id)}" }

    /// The key argument of the functions of the batch index.
    package var batches: String { "\(namespace):{batches}" }

    /// The key argument of the functions of a rate limiter outside jobs.
    package func limiter(_ name: String) -> String { "\(namespace):{limiter.\(name)}" }

    /// The list that tells a client which of its waiters got a permit.
    package func grants(_ semaphore: String, client: String) -> String { self.semaphore(semaphore) + ":grants:" + client }

    /// The list that tells a client which of its awaited jobs have ended.
    package func inbox(_ queue: QueueName, client: String) -> String { base(queue) + ":inbox:" + client }

    /// The key argument of a workflow's functions.
    package func workflow(_ id: String) -> String { "\(namespace):{workflow.\(id)}" }

    /// The key argument of the functions of the workflow index.
    package var workflows: String { "\(namespace):{workflows}" }

    /// The list that tells a client of the end of a workflow.
    package func inbox(ofWorkflow id: String, client: String) -> String { workflow(id) + ":inbox:" + client }

    /// The set of all queues of the namespace.
    package var queues: String { "\(namespace):queues" }

    /// The hash of dependencies that are off for the whole namespace: name → `off`.
    package var dependencies: String { "\(namespace):dependencies" }

    /// The stream of what operators did.
    package var actions: String { "\(namespace):actions" }

    /// The hash of access tokens: id → JSON, `ID:used` → time of the last use.
    package var tokens: String { "\(namespace):tokens" }
}
