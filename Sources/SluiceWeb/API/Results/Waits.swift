import Synchronization

/// Bounds the requests that wait: for results, for events, or for queues to drain.
final class Waits: Sendable {
    static let most = 1000

    /// A request that waits, as long as this is kept: a stream may be dropped before it begins.
    final class Ticket: Sendable {
        private let waits: Waits

        fileprivate init(_ waits: Waits) { self.waits = waits }

        deinit { waits.count.withLock { $0 -= 1 } }
    }

    private let count = Mutex(0)
    private let bound: Int

    /// - Parameter bound: How many may wait at a time.
    init(_ bound: Int = Waits.most) { self.bound = bound }

    /// How many wait.
    var open: Int { count.withLock { $0 } }

    /// Begins a wait; nil if there are too many.
    func begin() -> Ticket? {
        let isIn = count.withLock { count in
            guard count < bound else { return false }
            count += 1
            return true
        }
        return isIn ? Ticket(self) : nil
    }
}
