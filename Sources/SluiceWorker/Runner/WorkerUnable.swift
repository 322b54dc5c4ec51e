/// Thrown by a handler that could not begin for reasons of this process, not of the job: no file descriptors are left, or the
/// program that does the work is missing.
///
/// The job goes back to its place without a failed attempt, and the worker claims nothing for a while: see `Inability`.
package struct WorkerUnable: Error, CustomStringConvertible {
    /// The reason, for people.
    package let description: String

    package init(_ description: String) { self.description = description }
}
