import SluiceCore
import Synchronization

/// Links a run to the chunk that it joins: the start of its time, which is the start of the chunk, and the way to its runner.
final class ChunkTicket: Sendable {
    private let mailbox: Mailbox
    private let limit: RunLimit?
    private let started = Mutex<ContinuousClock.Instant?>(nil)
    private let redactions = Mutex<[Redaction]>([])

    init(_ mailbox: Mailbox, limit: RunLimit?) {
        self.mailbox = mailbox
        self.limit = limit
    }

    /// When the chunk started; nil before.
    var startedAt: ContinuousClock.Instant? { started.withLock { $0 } }

    /// Starts the time of the run. Returns its deadline, if the time is limited.
    func start() -> ContinuousClock.Instant? {
        let (start, isFirst) = started.withLock { started in
            defer { started = started ?? .now }
            return (started ?? .now, started == nil)
        }
        guard let limit else { return nil }
        if isFirst { mailbox.post(limit) }
        return start + limit.limit
    }

    /// Redacted values of all members, to be masked in an error that they share.
    var sharedRedactions: [Redaction] { redactions.withLock { $0 } }

    func share(_ redactions: [Redaction]) { self.redactions.withLock { $0 = redactions } }

    /// Makes the runner look at its chunks.
    func ring() { mailbox.ring() }
}
