import Synchronization

/// Bounds the connections of this process that are blocked at nodes of clusters: a process with a thousand queues must not open
/// a thousand sockets.
final class BlockedConnections: Sendable {
    /// For all listeners of the process.
    static let shared = BlockedConnections(most: 64)

    private let free: Mutex<Int>

    init(most: Int) { free = Mutex(most) }

    /// A place for one connection, given back when the permit is released; nil if all are taken.
    func take() -> Permit? {
        let isTaken = free.withLock { free in
            if free == 0 { return false }
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
