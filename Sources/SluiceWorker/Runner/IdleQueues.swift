import NIOCore
import SluiceCore
import Synchronization

/// The idle queues of this process, which want to be woken. A queue that is full, or knows of more work, gets no wake tokens, but
/// still hears its bell.
final class IdleQueues: Sendable {
    private struct State {
        var hungry: Set<QueueName> = []
        /// The queues that the current blocking call listens for.
        var listening: Set<QueueName>?
    }

    private let state = Mutex(State())
    let changed: Signal

    init(_ eventLoop: any EventLoop) { changed = Signal(eventLoop) }

    /// Sets whether a queue wants work. Returns whether the blocking call has to be interrupted, because it does not listen for
    /// this queue.
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

    /// Starts to listen for the queues that want work now.
    func listen() -> Set<QueueName> {
        state.withLock { state in
            state.listening = state.hungry
            return state.hungry
        }
    }

    func stopListening() { state.withLock { $0.listening = nil } }
}
