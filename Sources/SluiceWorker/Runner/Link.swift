import Logging
import NIOCore
import SluiceCore
import SluiceStore

/// The connection state of one queue: its session, its numbered calls, and the handling of failed calls.
struct Link {
    private(set) var session = 0
    private(set) var call = 0
    /// Whether the next call has to be a resync.
    var needsResync = true
    /// How many of the oldest outcomes were sent in a call whose reply was not read.
    private(set) var inDoubt = 0
    /// When to call again after a failure.
    private(set) var waitsUntil: NIODeadline?
    private var failures = 0
    private var hasSucceeded = false
    /// The limit for jobs in a reply.
    private(set) var budget = ReplyBudget()
    private var hasSuspected = false

    mutating func nextCall() -> Int {
        call += 1
        return call
    }

    mutating func nextSession() -> Int {
        session += 1
        return session
    }

    /// Notes a successful cycle.
    mutating func succeeded(withJobs: Bool) {
        failures = 0
        waitsUntil = nil
        hasSucceeded = true
        // A resync tells Redis the higher limit.
        if budget.arrived(withJobs: withJobs, at: .now()) { needsResync = true }
        if budget.limit == nil { hasSuspected = false }
    }

    /// Notes a successful resync. The count of failures stays, since the reply of the next cycle may be too large again.
    mutating func resynced() {
        waitsUntil = nil
        hasSucceeded = true
        needsResync = false
        inDoubt = 0
    }

    /// Lowers the limit after a reply with jobs was lost. Logs the likely reason once.
    mutating func lostJobs(_ queue: QueueName, _ logger: Logger) {
        budget.lost(at: .now())
        guard budget.losses >= ReplyBudget.suspicious, !hasSuspected else { return }
        hasSuspected = true
        logger.warning(
            """
            replies of Redis with jobs get lost: fewer are claimed at once, and a job that alone is too large is put aside. If a \
            proxy or the server closes connections whose replies are large, raise that limit; of Redis it is \
            client-output-buffer-limit normal
            """,
            metadata: ["queue": "\(queue)", "bytes": "\(budget.bytes)"])
    }

    /// Notes a failed call. Nothing is dropped, whatever the error.
    /// - Throws: An error that a repeat cannot cure, if no call has ever succeeded; `closed` always.
    mutating func failed(_ error: SluiceError, settling: Int, _ logger: Logger) throws(SluiceError) {
        failures += 1
        switch error.code {
        case .outcomeUnknown, .protocolViolation:
            needsResync = true
            inDoubt = settling
        case .stale: needsResync = true
        case .unreachable, .readOnly, .outOfMemory, .unavailable: break
        default:
            if !hasSucceeded || error.code == .closed { throw error }
        }
        logger.log(
            level: failures == 1 ? .warning : .debug, "a call to Redis failed: it is repeated", metadata: ["error": "\(error)"])
        waitsUntil = .now() + TimeAmount(backoff(after: failures, from: .milliseconds(40), upTo: .seconds(2)))
    }
}
