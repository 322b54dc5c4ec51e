/// What happens to a waiting job when the job it waits for is cancelled, discarded or deleted.
public enum FailurePolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// The waiting job is cancelled, and so are the jobs that wait for it, unless their own policies differ.
    case cancel
    /// The waiting job runs anyway.
    case ignore
    /// The waiting job stays suspended until the other job completes after all, or an operator decides.
    case hold
    /// The waiting job runs only in that case; it is cancelled when the other job completes. Workflow nodes cannot have this
    /// policy.
    case compensate
}
