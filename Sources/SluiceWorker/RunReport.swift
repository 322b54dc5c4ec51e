import SluiceCore
import SluiceStore

/// How a run ended, before it is known what that means for the job.
struct RunReport: Sendable {
    enum Result: Sendable {
        case outcome(JobResult)
        case failed(RunFailure)
        /// Nobody here handles its kind.
        case unknownKind
        /// It waits for a worker that can read it.
        case parked(RunFailure)
        /// Its spec makes no sense.
        case unreadable(String)
    }

    var id: JobID
    var fence: Fence
    var attempt: Int
    var kind: String
    var maxAttempts: Int
    /// Waits for dependencies after which it is discarded.
    var maxWaits: Int?
    var retry: RetryPolicy
    var result: Result
    /// The output as Redis keeps it, if other than the handler's.
    var sealed: [UInt8]?
    var duration: Duration
    /// What the run has enqueued, if it ends as its handler wished.
    var committed = CommittedJobs()

    init(
        _ job: ClaimedJob, kind: String, maxAttempts: Int, maxWaits: Int? = nil, retry: RetryPolicy, result: Result,
        duration: Duration = .zero
    ) {
        self.id = job.id
        self.fence = job.fence
        self.attempt = job.attempt
        self.kind = kind
        self.maxAttempts = maxAttempts
        self.maxWaits = maxWaits
        self.retry = retry
        self.result = result
        self.duration = duration
    }
}

extension RunReport.Result {
    /// The same without what must not appear in texts.
    func masked(by redaction: Redaction) -> Self {
        if redaction.isEmpty { return self }
        func mask(_ text: String) -> String { redaction.masking(text) }
        switch self {
        case .outcome(.retry(let wait, let reason)): return .outcome(.retry(after: wait, reason: mask(reason)))
        case .outcome(.cancel(let reason)): return .outcome(.cancel(reason: mask(reason)))
        case .outcome(.discard(let reason)): return .outcome(.discard(reason: mask(reason)))
        case .failed(var failure):
            failure.message = mask(failure.message)
            failure.interruption = failure.interruption?.masked(mask)
            return .failed(failure)
        case .outcome(.completed), .outcome(.snooze), .unknownKind, .parked, .unreadable: return self
        }
    }
}

/// What a handler threw, as text, with its wish for the next attempt.
struct RunFailure: Error {
    var type: String
    var message: String
    var retryAfter: Duration?
    var interruption: JobInterruption?
    /// What is down, if that is why.
    var dependency: String?

    /// Errors are kept with the job, so their texts are bounded, in bytes of UTF-8.
    private static let longest = 4096

    init(_ error: any Error) {
        // Of a private type Swift tells an address, too, which is another one in each process.
        let name = String(reflecting: Swift.type(of: error)).replacing(/\.\(unknown context at \$[0-9a-f]+\)/, with: "")
        type = Self.bounded(name)
        message = Self.bounded("\(error)")
        let unavailable = DependencyUnavailable(in: error)
        dependency = unavailable?.dependency
        retryAfter = unavailable.map(\.retryAfter) ?? (error as? any RetryAfter)?.retryAfter
        interruption = error as? JobInterruption
    }

    init(type: String, message: String) {
        self.type = type
        self.message = Self.bounded(message)
    }

    /// The same with what was going on.
    func explained(by circumstance: String) -> Self {
        var failure = self
        failure.message = Self.bounded("\(circumstance): \(message)")
        return failure
    }

    /// A character may have any number of bytes, so it is the bytes that count.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self)
    }

    /// As the history of the job keeps it.
    var json: String {
        "{\"type\":\(JSONText.quoted(type)),\"message\":\(JSONText.quoted(message))}"
    }
}
