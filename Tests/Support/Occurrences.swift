import Synchronization

/// Counts events, and lets a test wait for a count instead of sleeping.
package final class Occurrences: Sendable {
    private struct Waiter {
        var id: Int
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var count = 0
        var waiters: [Waiter] = []
        var nextID = 0
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// The count so far.
    package var count: Int { state.withLock { $0.count } }

    /// Counts one more event.
    package func add() {
        let due = state.withLock { state in
            state.count += 1
            let due = state.waiters.filter { $0.count <= state.count }
            state.waiters.removeAll { $0.count <= state.count }
            return due
        }
        for waiter in due { waiter.continuation.resume() }
    }

    /// Waits until the count since the beginning is at least `count`, or the task is cancelled.
    package func wait(for count: Int = 1) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.count >= count || state.cancelled.contains(id) { return true }
                    state.waiters.append(Waiter(id: id, count: count, continuation: continuation))
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        let found = state.withLock { state in
            state.cancelled.insert(id)
            let found = state.waiters.filter { $0.id == id }
            state.waiters.removeAll { $0.id == id }
            return found
        }
        for waiter in found { waiter.continuation.resume() }
    }
}
