import Logging
import NIOCore
import SluiceCore

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

    mutating func nextCall() -> Int {
        call += 1
        return call
    }

    mutating func nextSession() -> Int {
        session += 1
        return session
    }

    mutating func succeeded() {
        if failures > 0 { failures = 0 }
        waitsUntil = nil
        hasSucceeded = true
    }

    mutating func resynced() {
        succeeded()
        needsResync = false
        inDoubt = 0
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
        case .authentication, .serverTooOld, .permission, .foreignLibrary, .newerVersion, .fenced, .invalidArgument,
            .payloadTooLarge, .parentUnknown, .jobUnknown, .resultMissing, .runLimit, .batchEnded, .unknownWorkflow,
            .workflowEnded, .noOutput, .undecryptable, .duplicate, .queueFull, .timedOut, .closed, .server:
            if !hasSucceeded || error.code == .closed { throw error }
        }
        logger.log(
            level: failures == 1 ? .warning : .debug, "a call to Redis failed: it is repeated", metadata: ["error": "\(error)"])
        let pause = min(20 * Double(1 << min(failures, 7)), 2000) * Double.random(in: 0.5...1)
        waitsUntil = .now() + .milliseconds(Int64(pause))
    }
}
