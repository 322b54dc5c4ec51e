/// What can go wrong between a program and its queue, told so that callers can branch on it and people can act on it.
///
/// ``code`` is stable, ``message`` one line for people: what happened, where, and what to do about it. It never holds a
/// password or a job's arguments.
public struct SluiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of error it is. A code is stable: compare it with the constants below. New versions may bring new codes.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// Whose error it is.
        public enum Category: Sendable, Hashable {
            /// Redis cannot be reached, or cannot be used as it is.
            case server
            /// The caller passed a value that is not valid; nothing was stored.
            case argument
            /// The call was understood, and the state of jobs, queues or this client does not allow it.
            case state
        }

        /// Its name, which logs and scripts may rely on.
        public let name: String
        /// Whose error it is.
        public let category: Category
        /// Whether the same call may succeed later although no person changes anything.
        public let isTransient: Bool

        private init(_ name: String, _ category: Category, isTransient: Bool = false) {
            self.name = name
            self.category = category
            self.isTransient = isTransient
        }

        /// Its name.
        public var description: String { name }

        /// Redis could not be reached; nothing was sent.
        public static let unreachable = Code("unreachable", .server, isTransient: true)
        /// The connection went away, or the answer was late, while a call was under way: it may or may not have been applied.
        public static let outcomeUnknown = Code("outcomeUnknown", .server, isTransient: true)
        /// Redis refused the user, the password or the database.
        public static let authentication = Code("authentication", .server)
        /// The peer at that address does not speak Redis' protocol, or broke it.
        public static let protocolViolation = Code("protocolViolation", .server)
        /// The server is older than Redis 7 and has no functions.
        public static let serverTooOld = Code("serverTooOld", .server)
        /// The server is a replica and takes no writes.
        public static let readOnly = Code("readOnly", .server, isTransient: true)
        /// The server is at its memory limit and refuses to grow.
        public static let outOfMemory = Code("outOfMemory", .server, isTransient: true)
        /// The server refuses writes or all calls for a while: it loads, cannot save, lacks replicas or runs a long script.
        public static let unavailable = Code("unavailable", .server, isTransient: true)
        /// The user of this connection may not do this.
        public static let permission = Code("permission", .server)
        /// A library that is not Sluice's bears its name.
        public static let foreignLibrary = Code("foreignLibrary", .server)
        /// The library on the server, or the data of the queue, is of a newer version than this program.
        public static let newerVersion = Code("newerVersion", .server)
        /// This run of the job is over: its lease ended and the job was given to another worker. Of a permit: its lease ended
        /// while it was in use, and another holder may have it now.
        public static let fenced = Code("fenced", .state)
        /// This session of a worker is over; a newer one was opened.
        public static let stale = Code("stale", .state)
        /// An argument was refused; nothing was stored.
        public static let invalidArgument = Code("invalidArgument", .argument)
        /// The payload of a job, or what `once` keeps of it, is above the limit; nothing was stored.
        public static let payloadTooLarge = Code("payloadTooLarge", .argument)
        /// The job that another one was to follow is not known: it never was, or has ended long ago. Nothing was stored.
        public static let parentUnknown = Code("parentUnknown", .state)
        /// The job that was waited for is not known: it never was, was deleted, or has ended long ago.
        public static let jobUnknown = Code("jobUnknown", .state)
        /// The job has completed, and its result was not kept or is of another type.
        public static let resultMissing = Code("resultMissing", .state)
        /// A run has enqueued as many jobs, or bytes, as it may.
        public static let runLimit = Code("runLimit", .state)
        /// The batch is finished and takes no more members; or it is not known, or finished long ago.
        public static let batchEnded = Code("batchEnded", .state)
        /// What was waited for did not come in the time that the caller gave; nothing is held.
        public static let timedOut = Code("timedOut", .state, isTransient: true)
        /// There is no such workflow, or it ended so long ago that it is not kept any more.
        public static let unknownWorkflow = Code("unknownWorkflow", .state)
        /// The workflow has ended, or is being cancelled: nothing was added to it.
        public static let workflowEnded = Code("workflowEnded", .state)
        /// A node of a workflow has no output: it has not completed, or returns none.
        public static let noOutput = Code("noOutput", .state)
        /// What is encrypted does not open with the keys that are there.
        public static let undecryptable = Code("undecryptable", .state)
        /// An equal job is live, or was within its period, and the conflict rule is to fail: ``SluiceError/owner`` names it. Nothing was
        /// stored.
        public static let duplicate = Code("duplicate", .state)
        /// The queue is at its depth limit, and this job did not go in: ``SluiceError/retryAfter`` tells when to try again.
        public static let queueFull = Code("queueFull", .state, isTransient: true)
        /// The client was shut down.
        public static let closed = Code("closed", .state)
        /// The server refused the call for another reason, or its reply is not valid.
        public static let server = Code("server", .state)

        /// All codes of this version.
        package static let all: [Code] = [
            .unreachable, .outcomeUnknown, .authentication, .protocolViolation, .serverTooOld, .readOnly, .outOfMemory,
            .unavailable, .permission, .foreignLibrary, .newerVersion, .fenced, .stale, .invalidArgument,
            .payloadTooLarge, .parentUnknown, .jobUnknown, .resultMissing, .runLimit, .batchEnded, .timedOut,
            .unknownWorkflow, .workflowEnded, .noOutput, .undecryptable, .duplicate, .queueFull, .closed, .server,
        ]
    }

    /// What kind of error it is.
    public var code: Code
    /// One line for people.
    public var message: String
    /// Of `duplicate`, the job that is there.
    public var owner: JobID?
    /// Of `queueFull`, when places should be free, by how fast jobs have ended of late.
    public var retryAfter: Duration?

    /// Makes an error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later although no person changes anything.
    public var isTransient: Bool { code.isTransient }

    /// The text for people.
    public var description: String { message }
}
