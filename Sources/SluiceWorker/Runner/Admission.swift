package import SluiceCore

/// A say of this process in how many jobs a queue claims, beside the limits in Redis and its own places. For comparisons with
/// designs that count in the worker; nothing in Redis depends on it.
package protocol Admission: Sendable {
    /// How many more jobs may be claimed now; none below 1.
    /// - Parameter running: jobs of the queue that run here.
    func room(in queue: QueueName, running: Int) -> Int
    /// So many were claimed.
    func claimed(_ count: Int, in queue: QueueName)
}
