public import SluiceCore

/// The right to be one of the few at work, while the closure of ``DistributedSemaphore/withPermit(timeout:_:)`` runs.
public struct Permit: Sendable, Hashable {
    /// The semaphore it belongs to.
    public let semaphore: String

    /// Rises with each permit that the semaphore gives. A resource that remembers the highest it has seen can refuse whoever was
    /// overtaken while its process stood still.
    public let fence: Fence
}
