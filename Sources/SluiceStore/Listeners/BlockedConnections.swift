import Synchronization

/// Bounds the connections of this process that are blocked at nodes of clusters: a process with a thousand queues must not open
/// a thousand sockets. Some are kept for inboxes, so that a worker with many queues leaves a client of its process some.
final class BlockedConnections: Sendable {
    /// For all listeners of the process.
    static let shared = BlockedConnections(most: 64, forInboxes: 8)

    private let free: Mutex<Int>

    private let keptForInboxes: Int

    /// - Parameter kept: how many of them only inboxes may have.
    init(most: Int, forInboxes kept: Int = 0) {
        free = Mutex(most)
        keptForInboxes = kept
    }

    /// A place for one connection, given back when the permit is released; nil if all are taken.
    func take(forInbox: Bool) -> Permit? {
        let isTaken = free.withLock { free in
            if free <= (forInbox ? 0 : keptForInboxes) { return false }
            free -= 1
            return true
        }
        return isTaken ? Permit(self) : nil
    }

    fileprivate func giveBack() { free.withLock { $0 += 1 } }

    final class Permit: Sendable {
        private let connections: BlockedConnections

        fileprivate init(_ connections: BlockedConnections) { self.connections = connections }

        deinit { connections.giveBack() }
    }
}
