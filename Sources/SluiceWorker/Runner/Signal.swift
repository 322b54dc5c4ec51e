import NIOCore
import Synchronization

/// Lets one task wait for a signal or a deadline. The timer is NIO's, so a handler that blocks the threads of Swift's tasks does
/// not delay it.
final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
        var turn: UInt64 = 0
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Ends the current wait, or else the next one.
    func set() {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.isSet = true }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Waits for the signal or the deadline. Only one task may wait at a time.
    func wait(until time: NIODeadline?) async {
        if state.withLock({ $0.isSet.take() }) { return }
        var timer: Scheduled<Void>?
        if let time {
            let turn = state.withLock { state in
                state.turn += 1
                return state.turn
            }
            timer = eventLoop.scheduleTask(deadline: time) { [self] in end(turn) }
        }
        await withCheckedContinuation { continuation in
            let isSet = state.withLock { state in
                if state.isSet.take() { return true }
                state.waiter = continuation
                return false
            }
            if isSet { continuation.resume() }
        }
        timer?.cancel()
        state.withLock { $0.turn += 1 }
    }

    /// Ends the wait of this turn. The timer of an earlier wait must not end a later one.
    private func end(_ turn: UInt64) {
        let waiter = state.withLock { state in
            guard state.turn == turn else { return CheckedContinuation<Void, Never>?.none }
            if state.waiter == nil { state.isSet = true }
            return state.waiter.take()
        }
        waiter?.resume()
    }
}

extension Bool {
    /// Returns the value, and sets it to false.
    fileprivate mutating func take() -> Bool {
        defer { self = false }
        return self
    }
}
