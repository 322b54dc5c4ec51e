public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Jobs of one queue that went together from one state to another.
public struct Transition: Sendable, Hashable {
    /// The queue.
    public var queue: QueueName
    /// Where they were; nil for jobs that are new.
    public var from: JobState?
    /// Where they are; nil for jobs that were removed.
    public var to: JobState?
    /// The jobs, at most 250: a larger batch comes as several transitions.
    public var ids: [JobID]
    /// Who ran them, where that matters.
    public var worker: WorkerID?
    /// When, by the server's clock.
    public var at: Date
}

/// Transitions as they happen, each told only after it is committed. Ends by an error, or when its task is cancelled.
///
/// It has a connection of its own, and goes on where it was after an interruption of up to a minute. The server keeps
/// an hour of transitions within a bound of bytes: who falls behind further misses some.
public struct Transitions: AsyncSequence, Sendable {
    /// One batch of jobs that moved.
    public typealias Element = Transition
    /// What ends it.
    public typealias Failure = SluiceError

    let store: Store
    /// The one queue to follow; nil for all.
    let queue: QueueName?
    /// Where the streams ended when this was made.
    let ends: [QueueName: String]

    /// Begins where the sequence does, each time.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

extension Inspector {
    /// Follows the transitions of one queue, or of all, those that are first used later included.
    /// - Returns: What happens from now on.
    public func transitions(of queue: QueueName? = nil) async throws(SluiceError) -> Transitions {
        let queues: [QueueName]
        if let queue { queues = [queue] } else { queues = try await self.queues() }
        let ends = try await each(of: queues) { queue throws(SluiceError) in try await self.store.lastEvent(of: queue) }
        return Transitions(store: store, queue: queue, ends: Dictionary(uniqueKeysWithValues: zip(queues, ends)))
    }
}
