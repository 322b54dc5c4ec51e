public import SluiceCore

/// A permit of a semaphore, valid while the closure of ``DistributedSemaphore/withPermit(timeout:_:)`` runs.
public struct Permit: Sendable, Hashable {
    /// The name of the semaphore.
    public let semaphore: String

    /// A number that rises with each permit of the semaphore. A resource that remembers the highest number can refuse a holder
    /// that lost its permit while its process was suspended.
    public let fence: Fence
}
