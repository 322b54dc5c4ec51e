import NIOCore
import SluiceCore
import Synchronization

/// The idle queues of this process, which want to be woken. A queue that is full, or knows of more work, gets no wake tokens, but
/// still hears its bell.
final class IdleQueues: Sendable {
    private struct State {
        var hungry: [QueueName: QueueRunner] = [:]
        /// The queues that the current blocking call listens for.
        var listening: Set<QueueName>?
    }

    private let state = Mutex(State())
    let changed: Signal
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        changed = Signal(eventLoop)
        self.eventLoop = eventLoop
    }

    /// Sets whether a runner's queue wants work. Returns whether the blocking call has to be interrupted, because it does not
    /// listen for this queue.
    func set(_ runner: QueueRunner, hungry: Bool) -> Bool {
        let queue = runner.queue.name
        let (isNew, mustRing) = state.withLock { state in
            let isNew = state.hungry.updateValue(runner, forKey: queue) == nil
            if !hungry { state.hungry[queue] = nil }
            return (isNew && hungry, isNew && hungry && state.listening.map { !$0.contains(queue) } ?? false)
        }
        if isNew { changed.set() }
        return mustRing
    }

    /// Makes the runner of a queue that wants work call Redis, behind the call that the current task makes before it waits.
    /// Returns whether it does: only on the event loop can that order be kept.
    func claim(_ queue: QueueName) -> Bool {
        guard eventLoop.inEventLoop, let runner = state.withLock({ $0.hungry[queue] }) else { return false }
        runner.poke()
        return true
    }

    var isHungry: Bool { state.withLock { !$0.hungry.isEmpty } }

    /// Starts to listen for the queues that want work now.
    func listen() -> Set<QueueName> {
        state.withLock { state in
            let hungry = Set(state.hungry.keys)
            state.listening = hungry
            return hungry
        }
    }

    func stopListening() { state.withLock { $0.listening = nil } }
}
