import Logging
import NIOCore
import SluiceCore
import SluiceStore

/// How one queue's conversation with Redis stands: sessions, numbered calls, what to do after a failure.
struct Link {
    private(set) var session = 0
    private(set) var call = 0
    /// Whether the next call has to be a resync.
    var needsResync = true
    /// How many of the oldest outcomes went out with a call whose reply was not read.
    private(set) var inDoubt = 0
    /// Until when to wait after a failure.
    private(set) var waitsUntil: NIODeadline?
    private var failures = 0
    private var hasSucceeded = false
    /// How much one reply may bring.
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

    /// A cycle succeeded.
    mutating func succeeded(withJobs: Bool) {
        failures = 0
        waitsUntil = nil
        hasSucceeded = true
        // More is asked for by a resync.
        if budget.arrived(withJobs: withJobs, at: .now()) { needsResync = true }
        if budget.told == nil { hasSuspected = false }
    }

    /// A resync succeeded. Failures before it count on: the reply of the next cycle may be too large again.
    mutating func resynced() {
        waitsUntil = nil
        hasSucceeded = true
        needsResync = false
        inDoubt = 0
    }

    /// The reply of a cycle that was to bring jobs was lost: the next ones bring less. Tells once what may be the reason.
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

    /// Takes note of a failure; nothing is dropped, whatever it was.
    /// - Throws: the error, if it will not go away by itself and no call ever succeeded.
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
