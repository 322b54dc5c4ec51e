/// Allows at most one live job of a fingerprint. Enqueueing an equal one adds nothing and returns the id of the existing job.
///
/// The job's life holds the lock, not a timeout. The lock survives retries, snoozes, suspension and the death of a worker. The same
/// function that ends or deletes the job releases it, and no other job's lock can keep an outcome from being recorded. A
/// fingerprint belongs to one queue; two queues do not share them.
///
/// ```swift
/// static let options = JobOptions(queue: "images", unique: .whileLive(by: .arguments))
/// ```
public struct Unique: Sendable, Hashable {
    /// The criterion by which two jobs are equal.
    public struct Basis: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case arguments
            case fields([String])
            case key(String)
        }

        package var kind: Kind

        /// The kind and all arguments, in any order of members; `1` and `1.0` are different.
        public static var arguments: Basis { Basis(kind: .arguments) }

        /// The kind and these members of the arguments. A member that is absent, such as an optional without a value, equals only
        /// another absent one.
        public static func fields(_ names: String...) -> Basis { Basis(kind: .fields(names)) }

        /// A key of your own, for any kind. Redis shows up to 22 letters, digits, `_`, `.` and `-` as they are. It shows other
        /// keys, and all keys of encrypted jobs, as a digest.
        public static func key(_ key: String) -> Basis { Basis(kind: .key(key)) }
    }

    /// The rule for an enqueue when an equal job exists.
    public enum Conflict: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing is added; the reply names the existing job.
        case keepExisting = "keep"
        /// The existing job gets the arguments, kind, lane, priority and bounds of the new one, and its due time unless that is
        /// now. If the existing job is running, its next run uses them, should it be retried, snoozed or taken back. Otherwise its
        /// end enqueues a new job with them, which takes over the fingerprint in the same call. The last replacement wins.
        case replaceArguments = "replace"
        /// The existing job runs after this moment. A waiting one does so anyway. After a running one that does not come back by
        /// itself, a new job with its arguments is enqueued, which takes over the fingerprint.
        case runAgain = "again"
        /// The enqueue throws `duplicate`, which names the existing job.
        case fail = "fail"
    }

    package enum Span: Sendable, Hashable {
        case whileLive
        case untilStarted
        case period(Duration)
    }

    package var span: Span
    /// The criterion by which two jobs are equal.
    public var basis: Basis
    /// The rule for an enqueue when an equal job exists.
    public var onConflict: Conflict

    package init(span: Span, basis: Basis, onConflict: Conflict) {
        self.span = span
        self.basis = basis
        self.onConflict = onConflict
    }

    /// From the enqueue until the job is completed, cancelled, discarded or deleted.
    public static func whileLive(by basis: Basis = .arguments, onConflict: Conflict = .keepExisting) -> Unique {
        Unique(span: .whileLive, basis: basis, onConflict: onConflict)
    }

    /// From the enqueue until the first run starts. A retry does not own the fingerprint any more.
    public static func untilStarted(by basis: Basis = .arguments, onConflict: Conflict = .keepExisting) -> Unique {
        Unique(span: .untilStarted, basis: basis, onConflict: onConflict)
    }

    /// While the job is live, and until `period` has passed since its enqueue, even if the job is not kept that long. Within the
    /// period an ended job stays as it is, whatever `onConflict` says. Deleting it releases the fingerprint at once.
    public static func `for`(
        _ period: Duration, by basis: Basis = .arguments, onConflict: Conflict = .keepExisting
    ) -> Unique {
        Unique(span: .period(period), basis: basis, onConflict: onConflict)
    }
}
