import SluiceCore
import SluiceStore

/// The end of a run, before its meaning for the job is decided.
struct RunReport: Sendable {
    enum Result: Sendable {
        case outcome(JobResult)
        case failed(RunFailure)
        /// No handler of this worker takes the kind.
        case unknownKind
        /// The job waits for a worker that can read its arguments.
        case parked(RunFailure)
        /// The spec of the job is not valid.
        case unreadable(String)
        /// This process could not begin the job.
        case unable(String)
    }

    var id: JobID
    var fence: Fence
    var attempt: Int
    var kind: String
    /// How long the job had waited when the run started, in ms by the server's clock.
    var waited: Int
    var maxAttempts: Int
    /// Waits for failed dependencies after which the job is discarded.
    var maxWaits: Int?
    var retry: RetryPolicy
    var result: Result
    /// The output as Redis stores it, if that differs from the handler's.
    var sealed: [UInt8]?
    var duration: Duration
    /// The jobs that the run has enqueued; they count only if the run ends as its handler wished.
    var committed = CommittedJobs()

    init(
        _ job: ClaimedJob, kind: String, maxAttempts: Int, maxWaits: Int? = nil, retry: RetryPolicy, result: Result,
        duration: Duration = .zero
    ) {
        self.id = job.id
        self.fence = job.fence
        self.attempt = job.attempt
        self.kind = kind
        self.waited = job.claimedAt - job.availableSince
        self.maxAttempts = maxAttempts
        self.maxWaits = maxWaits
        self.retry = retry
        self.result = result
        self.duration = duration
    }
}

extension RunReport.Result {
    /// The result of a run whose handler threw.
    init(_ error: any Error, masked mask: (String) -> String) {
        self = (error as? WorkerUnable).map { .unable($0.description) } ?? .failed(RunFailure(error, mask))
    }

    /// The same with redacted values masked. Texts of errors are masked from the start.
    func masked(_ mask: (String) -> String) -> Self {
        guard case .outcome(let outcome) = self else { return self }
        return .outcome(outcome.masked(mask))
    }
}

/// An error of a handler, as text, with the next attempt that it asks for.
struct RunFailure: Error {
    var type: String
    var message: String
    var retryAfter: Duration?
    var interruption: JobInterruption?
    /// The dependency that caused the failure, if any.
    var dependency: String?

    /// The longest text of an error, in bytes of UTF-8: texts are stored with the job.
    private static let longest = 4096

    /// - Parameter mask: masks redacted values in a text. It runs before the text is cut, since a cut could hide part of a value
    ///   from it.
    init(_ error: any Error, _ mask: (String) -> String = { $0 }) {
        // The name of a private type includes an address, which differs between processes.
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

    /// The same failure, with a circumstance before its message.
    func explained(by circumstance: String) -> Self {
        var failure = self
        failure.message = Self.bounded("\(circumstance): \(message)")
        return failure
    }

    /// Cuts a text by bytes, since a character may have any number of them.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self)
    }

    /// The format of the job's history.
    var json: String {
        "{\"type\":\(JSONText.quoted(type)),\"message\":\(JSONText.quoted(message))}"
    }
}
