import NIOCore
import SluiceCore
import Synchronization

/// Which queues of this process want to be woken. A queue that is full, or knows of more work, is left alone; it still hears
/// its bell.
final class Attention: Sendable {
    private struct State {
        var hungry: Set<QueueName> = []
        /// The queues that the blocked connection listens for now.
        var listening: Set<QueueName>?
    }

    private let state = Mutex(State())
    let changed: Signal

    init(_ eventLoop: any EventLoop) { changed = Signal(eventLoop) }

    /// Tells whether a queue wants work. Returns whether the blocked connection has to be called back, because it does not
    /// listen for this queue.
    func set(_ queue: QueueName, hungry: Bool) -> Bool {
        let (isNew, mustRing) = state.withLock { state in
            if !hungry {
                state.hungry.remove(queue)
                return (false, false)
            }
            let isNew = state.hungry.insert(queue).inserted
            return (isNew, isNew && state.listening.map { !$0.contains(queue) } ?? false)
        }
        if isNew { changed.set() }
        return mustRing
    }

    var hungry: Set<QueueName> { state.withLock { $0.hungry } }

    /// Starts to listen for the queues that are hungry now.
    func listen() -> Set<QueueName> {
        state.withLock { state in
            state.listening = state.hungry
            return state.hungry
        }
    }

    func stopListening() { state.withLock { $0.listening = nil } }
}
