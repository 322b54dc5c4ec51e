import Hiredis
import Logging
import Synchronization

/// Records since when calls to a server have failed, so that its return is logged once, with the length of the outage.
///
/// Of a cluster one node may be away while the others answer. A key stands for its node there: the key of the last call that
/// failed has to be answered.
final class Outage: Sendable {
    private struct Absence {
        var start: ContinuousClock.Instant
        var last: ContinuousClock.Instant
        var place: String?
    }

    /// A failure so long after the last one begins another outage, whose predecessor ended unseen.
    private static let memory = Duration.seconds(60)

    private let isUnderWay = Atomic(false)
    private let absence = Mutex<Absence?>(nil)

    /// A call failed. It counts if the server did not answer.
    /// - Parameter place: the key of the call in a cluster; nil for a single server.
    func failed(_ error: RedisError, _ place: String?) {
        switch error {
        case .unreachable, .lost, .timedOut: break
        case .protocolViolation, .server, .refused, .closed: return
        }
        let now = ContinuousClock.now
        absence.withLock { absence in
            let isOver = place != nil && absence.map { now - $0.last > Self.memory } ?? false
            let start = isOver ? nil : absence?.start
            absence = Absence(start: start ?? now, last: now, place: place)
            isUnderWay.store(true, ordering: .relaxed)
        }
    }

    /// A call was answered. Cheap unless an outage was recorded.
    func answered(_ place: String?, _ logger: Logger) {
        if !isUnderWay.load(ordering: .relaxed) { return }
        let began = absence.withLock { absence -> ContinuousClock.Instant? in
            guard let found = absence, found.place == place else { return nil }
            absence = nil
            isUnderWay.store(false, ordering: .relaxed)
            return found.start
        }
        guard let began else { return }
        let tenths = (ContinuousClock.now - began) / .milliseconds(100)
        logger.notice("Redis is back", metadata: ["away": "\(tenths.rounded() / 10)s"])
    }
}
