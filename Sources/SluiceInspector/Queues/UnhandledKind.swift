public import SluiceCore
import SluiceStore

/// A kind of waiting jobs that no live worker of their queue handles.
public struct UnhandledKind: Sendable, Hashable {
    /// The queue.
    public var queue: QueueName
    /// The kind.
    public var kind: String
    /// The number of such jobs among the first 1,000 that wait in each state.
    public var jobs: Int
    /// One of them.
    public var example: JobID
}

extension Inspector {
    /// Returns the kinds of waiting jobs that no live worker of a queue declares; none if a worker takes all kinds, or if no worker
    /// lives. One call, which looks at the first 1,000 waiting jobs of each state.
    /// - Throws: a server error if Redis cannot be used.
    public func unhandledKinds(of queue: QueueName) async throws(SluiceError) -> [UnhandledKind] {
        try await store.call(DiagnoseKinds(), on: queue).kinds.map {
            UnhandledKind(queue: queue, kind: $0.kind, jobs: $0.count, example: $0.example)
        }
    }
}
