package import SluiceCore

/// A limit in this process on the jobs that a queue claims, in addition to the limits in Redis and the queue's places. It serves
/// comparisons with designs that count in the worker; nothing in Redis depends on it.
package protocol Admission: Sendable {
    /// How many more jobs may be claimed now; values below 1 allow none.
    /// - Parameter running: the jobs of the queue that run here.
    func room(in queue: QueueName, running: Int) -> Int
    /// Notes how many jobs were claimed.
    func claimed(_ count: Int, in queue: QueueName)
}
