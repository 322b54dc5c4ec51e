/// At most one live job of a fingerprint: enqueueing an equal one again adds nothing, and tells which job is there.
///
/// The lock is owned by the job's life, not by a time: it holds through retries, snoozes, suspension and the death of a worker, is
/// given up by the same function that ends, or deletes, the job, and no other job's lock can keep an outcome from being recorded.
/// A job has its fingerprint in its own queue, so two queues know nothing of each other's.
///
/// ```swift
/// static let options = JobOptions(queue: "images", unique: .whileLive(by: .arguments))
/// ```
public struct Unique: Sendable, Hashable {
    /// What makes two jobs equal.
    public struct Basis: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case arguments
            case fields([String])
            case key(String)
        }

        package var kind: Kind

        /// The kind and all arguments, whatever the order of their members; `1` and `1.0` are different.
        public static var arguments: Basis { Basis(kind: .arguments) }

        /// The kind and these members of the arguments; one that is left out, as an optional without value, equals only another
        /// one that is.
        public static func fields(_ names: String...) -> Basis { Basis(kind: .fields(names)) }

        /// A key of one's own, whatever the kind. Up to 22 letters, digits, `_`, `.` and `-` are kept readable in Redis, another
        /// one, and each of an encrypted job, as its digest.
        public static func key(_ key: String) -> Basis { Basis(kind: .key(key)) }
    }

    /// What becomes of an enqueue that meets an equal job.
    public enum Conflict: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing is added; the reply names the job that is there.
        case keepExisting = "keep"
        /// The job that is there gets the arguments, kind, lane, priority and bounds of the new one, and its time if the new one
        /// is not for now. If it runs, they are used by what comes first: its next run, should it be retried, snoozed or taken
        /// back, or its end, at which a new job is enqueued that takes the fingerprint over in the same call. The last one wins.
        case replaceArguments = "replace"
        /// The job that is there runs after this moment: one that waits does anyhow; after one that runs, and does not come back
        /// by itself, a new job with its arguments is enqueued, which takes the fingerprint over.
        case runAgain = "again"
        /// An error `duplicate` that names the job that is there.
        case fail = "fail"
    }

    package enum Span: Sendable, Hashable {
        case whileLive
        case untilStarted
        case period(Duration)
    }

    package var span: Span
    /// What makes two jobs equal.
    public var basis: Basis
    /// What becomes of an enqueue that meets an equal job.
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

    /// From the enqueue until the first run starts; a retry of it does not own the fingerprint any more.
    public static func untilStarted(by basis: Basis = .arguments, onConflict: Conflict = .keepExisting) -> Unique {
        Unique(span: .untilStarted, basis: basis, onConflict: onConflict)
    }

    /// While the job lives, and until a period is over that begins when it is enqueued, whether or not it is still kept by then.
    /// Within that time an ended job is left as it is, whatever the conflict says. Deleting it lets the fingerprint go at once.
    public static func `for`(
        _ period: Duration, by basis: Basis = .arguments, onConflict: Conflict = .keepExisting
    ) -> Unique {
        Unique(span: .period(period), basis: basis, onConflict: onConflict)
    }
}
