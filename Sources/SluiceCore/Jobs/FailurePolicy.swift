/// What happens to a job when a job that it waits for does not complete: that one is cancelled, discarded or deleted.
public enum FailurePolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is cancelled, and so are the jobs that wait for it, unless their own policies differ.
    case cancel
    /// It runs all the same.
    case ignore
    /// It stays suspended until the other job completes after all, or an operator decides.
    case hold
    /// It runs only in that case. It is cancelled when the other job completes. Nodes of workflows cannot have it.
    case compensate
}
