/// What can go wrong between a program and its queue, told so that callers can branch on it and people can act on it.
///
/// ``code`` is stable, ``message`` one line for people: what happened, where, and what to do about it. It never holds a
/// password or a job's arguments.
public struct SluiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable part of an error. New codes may come with new versions, so branch with a default.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Redis could not be reached; nothing was sent.
        case unreachable
        /// The connection went away, or the answer was late, while a call was under way: it may or may not have been applied.
        case outcomeUnknown
        /// Redis refused the user, the password or the database.
        case authentication
        /// Whatever answers at that address does not speak Redis' protocol, or spoke it brokenly.
        case protocolViolation
        /// The server is older than Redis 7 and has no functions.
        case serverTooOld
        /// The server is a replica and takes no writes.
        case readOnly
        /// The server is at its memory limit and refuses to grow.
        case outOfMemory
        /// The server refuses writes or all calls for a while: it loads, cannot save, lacks replicas or runs a long script.
        case unavailable
        /// The user of this connection may not do this.
        case permission
        /// A library that is not Sluice's bears its name.
        case foreignLibrary
        /// The library on the server, or the data of the queue, is of a newer version than this program.
        case newerVersion
        /// This run of the job is over: its lease ended and the job was given to another worker. Of a permit: its lease ended
        /// while it was in use, and somebody else may have been given it.
        case fenced
        /// This session of a worker is over; a newer one was opened.
        case stale
        /// An argument was refused; nothing was stored.
        case invalidArgument
        /// The payload of a job, or what `once` keeps of it, is above the limit; nothing was stored.
        case payloadTooLarge
        /// The job that another one was to follow is not known: it never was, or has ended long ago. Nothing was stored.
        case parentUnknown
        /// The job that was waited for is not known: it never was, was deleted, or has ended long ago.
        case jobUnknown
        /// The job has completed, and its result was not kept or is of another type.
        case resultMissing
        /// A run has enqueued as many jobs, or bytes, as it may.
        case runLimit
        /// The batch is finished and takes no more members; or it is not known, or finished long ago.
        case batchEnded
        /// What was waited for did not come in the time that the caller gave; nothing is held.
        case timedOut
        /// There is no such workflow, or it ended so long ago that it is not kept any more.
        case unknownWorkflow
        /// The workflow has ended, or is being cancelled: nothing was added to it.
        case workflowEnded
        /// A node of a workflow has no output: it has not completed, or returns none.
        case noOutput
        /// What is encrypted does not open with the keys that are there.
        case undecryptable
        /// An equal job is live, or was within its period, and the new one was to fail then: ``SluiceError/owner`` names it. Nothing was
        /// stored.
        case duplicate
        /// As many jobs wait in the queue as may, and this one did not go in: ``SluiceError/retryAfter`` tells when to try again.
        case queueFull
        /// The client was shut down.
        case closed
        /// Something else was refused by the server, or a reply made no sense.
        case server
    }

    /// The stable part.
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

    /// Whether the same call may succeed later without anybody changing anything but the server's condition.
    public var isTransient: Bool {
        switch code {
        case .unreachable, .outcomeUnknown, .readOnly, .outOfMemory, .unavailable, .timedOut, .queueFull: true
        case .authentication, .protocolViolation, .serverTooOld, .permission, .foreignLibrary, .newerVersion, .fenced, .stale,
            .invalidArgument, .payloadTooLarge, .parentUnknown, .jobUnknown, .resultMissing, .runLimit, .batchEnded,
            .unknownWorkflow, .workflowEnded, .noOutput, .undecryptable, .duplicate, .closed, .server:
            false
        }
    }

    /// The text for people.
    public var description: String { message }
}
