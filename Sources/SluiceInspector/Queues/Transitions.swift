public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Jobs of one queue that moved together from one state to another.
public struct Transition: Sendable, Hashable {
    /// The queue of the jobs.
    public var queue: QueueName
    /// The state before; nil for new jobs.
    public var from: JobState?
    /// The state after; nil for removed jobs.
    public var to: JobState?
    /// The ids of the jobs, at most 250. A larger batch is split into several transitions.
    public var ids: [JobID]
    /// The worker of the jobs, where relevant.
    public var worker: WorkerID?
    /// The time of the transition, by the server's clock.
    public var at: Date
}

/// The transitions of queues as they happen, each after its commit. The sequence ends with an error, or when its task is cancelled.
///
/// It has a connection of its own and resumes where it was after an interruption of up to a minute. The server keeps an hour of
/// transitions, within a limit of bytes; a reader that falls further behind misses some.
public struct Transitions: AsyncSequence, Sendable {
    /// The element: jobs that moved together.
    public typealias Element = Transition
    /// The error that ends the sequence.
    public typealias Failure = SluiceError

    let store: Store
    /// The queue to follow; nil for all.
    let queue: QueueName?
    /// The ends of the streams when the sequence was made.
    let ends: [QueueName: String]

    /// Makes an iterator. Each iterator begins where the sequence does.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

extension Inspector {
    /// Follows the transitions of one queue, or of all queues, including those first used later.
    /// - Returns: The transitions from now on.
    /// - Throws: a server error if Redis cannot be used.
    public func transitions(of queue: QueueName? = nil) async throws(SluiceError) -> Transitions {
        let queues: [QueueName]
        if let queue { queues = [queue] } else { queues = try await self.queues() }
        let ends = try await each(of: queues) { queue throws(SluiceError) in try await self.store.lastEvent(of: queue) }
        return Transitions(store: store, queue: queue, ends: Dictionary(uniqueKeysWithValues: zip(queues, ends)))
    }
}
