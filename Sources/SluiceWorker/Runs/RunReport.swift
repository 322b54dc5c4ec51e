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
        /// This process could not begin it.
        case unable(String)
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
    /// What a handler threw.
    init(_ error: any Error, masked mask: (String) -> String) {
        self = (error as? WorkerUnable).map { .unable($0.description) } ?? .failed(RunFailure(error, mask))
    }

    /// The same without what must not appear in texts; those of errors are without it from the start.
    func masked(_ mask: (String) -> String) -> Self {
        switch self {
        case .outcome(.retry(let wait, let reason)): .outcome(.retry(after: wait, reason: mask(reason)))
        case .outcome(.cancel(let reason)): .outcome(.cancel(reason: mask(reason)))
        case .outcome(.discard(let reason)): .outcome(.discard(reason: mask(reason)))
        case .outcome(.completed), .outcome(.snooze), .failed, .unknownKind, .parked, .unreadable, .unable: self
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

    /// - Parameter mask: takes out of a text what must not appear in it; before it is cut, so that nothing is left of what the cut
    ///   goes through.
    init(_ error: any Error, _ mask: (String) -> String = { $0 }) {
        // Of a private type Swift tells an address, too, which is another one in each process.
        let name = String(reflecting: Swift.type(of: error)).replacing(/\.\(unknown context at \$[0-9a-f]+\)/, with: "")
        type = Self.bounded(name)
        message = Self.bounded(mask("\(error)"))
        let unavailable = DependencyUnavailable(in: error)
        dependency = unavailable?.dependency
        retryAfter = unavailable.map(\.retryAfter) ?? (error as? any RetryAfter)?.retryAfter
        interruption = (error as? JobInterruption)?.masked(mask)
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
