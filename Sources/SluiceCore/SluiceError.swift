/// An error of a call on a queue: a code to branch on, and a message for people.
///
/// ``code`` is stable. ``message`` is one line: what happened, where, and what to do about it. It never holds a password or a
/// job's arguments.
public struct SluiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of error. Codes are stable: compare them with the constants below. New versions may add codes.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The side at fault.
        public enum Category: Sendable, Hashable {
            /// Redis cannot be reached, or cannot be used in its present state.
            case server
            /// The caller passed an invalid value; nothing was stored.
            case argument
            /// The call was valid, but the state of jobs, queues or this client does not allow it.
            case state
        }

        /// The name of the code. Logs and scripts may rely on it.
        public let name: String
        /// The side at fault.
        public let category: Category
        /// Whether the same call may succeed later, without a person changing anything.
        public let isTransient: Bool

        private init(_ name: String, _ category: Category, isTransient: Bool = false) {
            self.name = name
            self.category = category
            self.isTransient = isTransient
        }

        /// The name of the code.
        public var description: String { name }

        /// Redis could not be reached; nothing was sent.
        public static let unreachable = Code("unreachable", .server, isTransient: true)
        /// The connection was lost, or the reply was late, during a call: the call may or may not have been applied.
        public static let outcomeUnknown = Code("outcomeUnknown", .server, isTransient: true)
        /// Redis refused the user, the password or the database.
        public static let authentication = Code("authentication", .server)
        /// The peer at that address does not speak the Redis protocol, violated it, or is no Redis Cluster though the URL names one.
        public static let protocolViolation = Code("protocolViolation", .server)
        /// The server is older than Redis 7 and has no functions, or lacks what this call needs.
        public static let serverTooOld = Code("serverTooOld", .server)
        /// The server is a replica and takes no writes.
        public static let readOnly = Code("readOnly", .server, isTransient: true)
        /// The server is at its memory limit and refuses to grow.
        public static let outOfMemory = Code("outOfMemory", .server, isTransient: true)
        /// The server rejects writes, or all calls, for a while: it is loading, cannot save, lacks replicas or runs a long
        /// script.
        public static let unavailable = Code("unavailable", .server, isTransient: true)
        /// The Redis user of this connection lacks a permission.
        public static let permission = Code("permission", .server)
        /// A foreign library has the name of Sluice's.
        public static let foreignLibrary = Code("foreignLibrary", .server)
        /// The library on the server, or the queue's data, is newer than this program.
        public static let newerVersion = Code("newerVersion", .server)
        /// This run of the job is over: its lease ended, and another worker has the job. For a permit: its lease ended while it
        /// was in use, and another holder may have it now.
        public static let fenced = Code("fenced", .state)
        /// This session of a worker is over: a newer one was opened.
        public static let stale = Code("stale", .state)
        /// An argument is not valid; nothing was stored.
        public static let invalidArgument = Code("invalidArgument", .argument)
        /// The payload of a job, or the results that `once` keeps for it, exceed the limit; nothing was stored.
        public static let payloadTooLarge = Code("payloadTooLarge", .argument)
        /// The parent of a follow-up is unknown: it never existed, or ended long ago. Nothing was stored.
        public static let parentUnknown = Code("parentUnknown", .state)
        /// The awaited job is unknown: it never existed, was deleted, or ended long ago.
        public static let jobUnknown = Code("jobUnknown", .state)
        /// The job has completed, but its result was not kept or has another type.
        public static let resultMissing = Code("resultMissing", .state)
        /// A run has reached the limit of jobs, or bytes, that it may enqueue.
        public static let runLimit = Code("runLimit", .state)
        /// The batch takes no more members: it is finished, or unknown, or finished long ago.
        public static let batchEnded = Code("batchEnded", .state)
        /// The wait exceeded the caller's timeout; nothing is held.
        public static let timedOut = Code("timedOut", .state, isTransient: true)
        /// The workflow never existed, or ended long ago and is no longer kept.
        public static let unknownWorkflow = Code("unknownWorkflow", .state)
        /// The workflow has ended, or is being cancelled; nothing was added to it.
        public static let workflowEnded = Code("workflowEnded", .state)
        /// The workflow node has no output: it has not completed, or returns none.
        public static let noOutput = Code("noOutput", .state)
        /// The available keys do not decrypt this text.
        public static let undecryptable = Code("undecryptable", .state)
        /// An equal job is live, or its period is not over, and the conflict rule is to fail. ``SluiceError/owner`` names that
        /// job. Nothing was stored.
        public static let duplicate = Code("duplicate", .state)
        /// The queue is at its depth limit, and this job was not added. ``SluiceError/retryAfter`` says when to try again.
        public static let queueFull = Code("queueFull", .state, isTransient: true)
        /// Redis has accepted the call, and it was not confirmed in time as its ``Durability`` asks. ``SluiceError/jobs``,
        /// ``SluiceError/workflow`` or ``SluiceError/batch`` names what is stored. Enqueueing it again by its id waits again.
        public static let notConfirmed = Code("notConfirmed", .state)
        /// The client was shut down.
        public static let closed = Code("closed", .state)
        /// The server rejected the call for another reason, or its reply is not valid.
        public static let server = Code("server", .state)

        /// All codes of this version.
        package static let all: [Code] = [
            .unreachable, .outcomeUnknown, .authentication, .protocolViolation, .serverTooOld, .readOnly, .outOfMemory,
            .unavailable, .permission, .foreignLibrary, .newerVersion, .fenced, .stale, .invalidArgument,
            .payloadTooLarge, .parentUnknown, .jobUnknown, .resultMissing, .runLimit, .batchEnded, .timedOut,
            .unknownWorkflow, .workflowEnded, .noOutput, .undecryptable, .duplicate, .queueFull, .notConfirmed,
            .closed, .server,
        ]
    }

    /// The kind of error.
    public var code: Code
    /// One line for people.
    public var message: String
    /// For `duplicate`: the existing job.
    public var owner: JobID?
    /// For `queueFull`: the time until places should be free, estimated from how fast jobs have ended recently.
    public var retryAfter: Duration?
    /// For `notConfirmed`: the jobs that are in Redis without the confirmation, the first 1,000 of each call to Redis.
    public var jobs: [JobID] = []
    /// For `notConfirmed` of one job: whether the call added it.
    package var isNew: Bool?
    /// For `notConfirmed`: the workflow that is in Redis without the confirmation.
    public var workflow: WorkflowID?
    /// For `notConfirmed`: the batch that is in Redis without the confirmation.
    public var batch: BatchID?

    /// Makes an error from a code and a message.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later, without a person changing anything.
    public var isTransient: Bool { code.isTransient }

    /// The message.
    public var description: String { message }
}

extension SluiceError {
    /// The error for a queue that nothing has used. Such a queue is refused where its name may be mistyped.
    package static func unknownQueue(_ queue: QueueName) -> SluiceError { unknownQueue(queue.text) }

    package static func unknownQueue(_ name: String) -> SluiceError {
        SluiceError(
            .invalidArgument, "there is no queue '\(name)': no job was ever enqueued in it, and no worker serves it")
    }
}
