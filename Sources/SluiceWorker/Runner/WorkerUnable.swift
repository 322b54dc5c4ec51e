/// Thrown by a handler that could not begin, for reasons of this process and not of the job: no descriptors are left, or the program
/// that does the work is gone.
///
/// The job goes back to its place without an attempt, and the worker claims nothing for a while: see `Inability`.
package struct WorkerUnable: Error, CustomStringConvertible {
    /// What was missing, for people.
    package let description: String

    package init(_ description: String) { self.description = description }
}
