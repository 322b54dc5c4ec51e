import Synchronization

/// The budget of a diagnosis. It bounds the time for any number of queues.
final class DiagnosisEffort: Sendable {
    /// The pages to read in each queue, per paged list: 20,000 for all queues together, 10 to 1,000 for each.
    let pages: Int
    /// The remaining calls on other queues and on batches, for all queues together.
    private let calls = Mutex(20_000)

    init(queues: Int) { pages = min(1000, max(10, 20_000 / max(queues, 1))) }

    /// Takes one call on another queue from the budget; false if none is left.
    func mayLookElsewhere() -> Bool {
        calls.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}
