import SluiceCore
import Synchronization

/// What a run that is to be a member of a chunk brings along: its time, which starts to run when its chunk does, and the way to
/// its runner.
final class ChunkTicket: Sendable {
    private let mailbox: Mailbox
    private let limit: RunLimit?
    private let started = Mutex<ContinuousClock.Instant?>(nil)
    private let redactions = Mutex<[Redaction]>([])

    init(_ mailbox: Mailbox, limit: RunLimit?) {
        self.mailbox = mailbox
        self.limit = limit
    }

    /// When its chunk began to run, if it has.
    var startedAt: ContinuousClock.Instant? { started.withLock { $0 } }

    /// Lets its time run. Returns when it is over, if it is limited.
    func start() -> ContinuousClock.Instant? {
        let (start, isFirst) = started.withLock { started in
            defer { started = started ?? .now }
            return (started ?? .now, started == nil)
        }
        guard let limit else { return nil }
        if isFirst { mailbox.post(limit) }
        return start + limit.limit
    }

    /// What must not appear in an error that its run shares with the other members.
    var sharedRedactions: [Redaction] { redactions.withLock { $0 } }

    func share(_ redactions: [Redaction]) { self.redactions.withLock { $0 = redactions } }

    /// Makes the runner look at its chunks.
    func ring() { mailbox.ring() }
}
