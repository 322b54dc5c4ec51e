import Logging
import Synchronization

/// Since when calls to a server have failed, so that its coming back is told once, and how long it was away.
final class Outage: Sendable {
    private let isUnderWay = Atomic(false)
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// A call came to nothing, or nobody knows to what.
    func failed() {
        start.withLock { $0 = $0 ?? .now }
        isUnderWay.store(true, ordering: .relaxed)
    }

    /// The server has answered. Costs next to nothing while it did before.
    func answered(_ logger: Logger) {
        if !isUnderWay.load(ordering: .relaxed) { return }
        isUnderWay.store(false, ordering: .relaxed)
        guard let began = start.withLock({ $0.take() }) else { return }
        let tenths = (ContinuousClock.now - began) / .milliseconds(100)
        logger.notice("Redis is back", metadata: ["away": "\(tenths.rounded() / 10)s"])
    }
}
