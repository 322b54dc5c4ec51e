import Hiredis
import Logging
import Synchronization

/// Records since when calls to a server have failed, so that its return is logged once, with the length of the outage.
final class Outage: Sendable {
    private let isUnderWay = Atomic(false)
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// A call failed. It counts if the server did not answer.
    func failed(_ error: RedisError) {
        switch error {
        case .unreachable, .lost, .timedOut: break
        case .protocolViolation, .server, .refused, .closed: return
        }
        start.withLock { $0 = $0 ?? .now }
        isUnderWay.store(true, ordering: .relaxed)
    }

    /// The server has answered. Cheap unless an outage was recorded.
    func answered(_ logger: Logger) {
        if !isUnderWay.load(ordering: .relaxed) { return }
        isUnderWay.store(false, ordering: .relaxed)
        guard let began = start.withLock({ $0.take() }) else { return }
        let tenths = (ContinuousClock.now - began) / .milliseconds(100)
        logger.notice("Redis is back", metadata: ["away": "\(tenths.rounded() / 10)s"])
    }
}
