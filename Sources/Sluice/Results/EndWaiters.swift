import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// All waits of a client for one kind of end, grouped by the place to ask.
final class EndWaiters<Place: Hashable & Sendable, Source: EndSource>: Sendable {
    private struct State {
        var waiters: [Place: EndWaiter<Source>] = [:]
        var lastNumber = 0
        var isClosed = false
    }

    private let store: Store
    private let notifier: Notifier
    private let source: @Sendable (Place) -> Source
    private let state = Mutex(State())

    init(_ store: Store, _ notifier: Notifier, source: @escaping @Sendable (Place) -> Source) {
        self.store = store
        self.notifier = notifier
        self.source = source
    }

    /// The deadline of a wait of this length; nil for a wait without a timeout.
    static func deadline(_ timeout: Duration?) -> NIODeadline? {
        timeout.map { .now() + TimeAmount(min(max($0, .zero), .seconds(1_000_000_000))) }
    }

    /// Waits for the end of a subject. Redis is asked at least once, even if the timeout is zero.
    /// - Throws: `timedOut`, `closed`, `CancellationError`, or the error of the call to Redis.
    func end(of subject: Source.Subject, at place: Place, by deadline: NIODeadline?) async throws -> Source.End {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isIn = enter(place) { $0.enter(subject, number, continuation, by: deadline) }
                if !isIn {
                    continuation.resume(returning: .failure(SluiceError(.closed, "the client was closed")))
                } else if Task.isCancelled {
                    // A cancellation before this point came too early for the handler below.
                    leave(subject, number, at: place)
                }
            }
        } onCancel: {
            leave(subject, number, at: place)
        }
        return try result.get()
    }

    /// Ends all waits with `closed`.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.waiters.values
        }
        for waiter in waiters { waiter.close() }
    }

    private func leave(_ subject: Source.Subject, _ number: Int, at place: Place) {
        state.withLock { $0.waiters[place] }?.leave(subject, number, CancellationError())
    }

    /// Lets a wait in while no waiter can retire. Returns false if the client was closed.
    private func enter(_ place: Place, _ body: (EndWaiter<Source>) -> Void) -> Bool {
        state.withLock { state in
            if state.isClosed { return false }
            let waiter = state.waiters[place] ?? make(place)
            state.waiters[place] = waiter
            body(waiter)
            return true
        }
    }

    private func make(_ place: Place) -> EndWaiter<Source> {
        EndWaiter(source(place), on: store.eventLoop, notifier) { [weak self] in self?.retire(place) }
    }

    private func retire(_ place: Place) {
        state.withLock { state in
            if state.waiters[place]?.isIdle == true { state.waiters[place] = nil }
        }
    }
}
