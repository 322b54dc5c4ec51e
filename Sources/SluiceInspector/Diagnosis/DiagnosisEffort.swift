import Synchronization

/// How much is looked at in all, so that the time stays bounded, however many queues there are.
final class DiagnosisEffort: Sendable {
    /// Pages that are looked at in each queue, of what comes in pages: all together may be 20,000, and each queue 10.
    let pages: Int
    /// Calls on other queues and on batches, of all queues together.
    private let calls = Mutex(20_000)

    init(queues: Int) { pages = min(1000, max(10, 20_000 / max(queues, 1))) }

    /// Whether one more call may be made to look elsewhere.
    func mayLookElsewhere() -> Bool {
        calls.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}
