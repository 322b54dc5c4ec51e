import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Calls the server about one semaphore, for all tasks of a client. Requests and releases that arise while a call is under way
/// travel with the next call. All of this runs on the connection's event loop, so a closure that blocks the threads of Swift's
/// tasks does not delay the renewal of a lease.
actor SemaphoreClient: InboxReader {
    private struct State {
        var ledger: PermitLedger
        var isPumping = false
        var waiters: [PermitID: CheckedContinuation<Result<Fence, any Error>, Never>] = [:]
        var releases: [PermitID: CheckedContinuation<Bool?, Never>] = [:]
        var losses: [PermitID: AsyncStream<Void>.Continuation] = [:]
        var timer: (at: NIODeadline, task: Scheduled<Void>)?
    }

    nonisolated let name: String
    nonisolated let inbox: String
    private nonisolated let client: String
    private nonisolated let store: Store
    private nonisolated let notifier: Notifier
    private nonisolated let state: Mutex<State>
    private nonisolated let onIdle: @Sendable () -> Void
    private var failures = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { store.eventLoop.executor.asUnownedSerialExecutor() }

    /// - Parameter onIdle: Called when no permit is wanted or held any more.
    init(
        _ name: String, client: String, store: Store, notifier: Notifier, patience: Duration,
        onIdle: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.inbox = store.keys.grants(name, client: client)
        self.client = client
        self.store = store
        self.notifier = notifier
        self.onIdle = onIdle
        self.state = Mutex(State(ledger: PermitLedger(patience: patience)))
    }

    nonisolated var isIdle: Bool { state.withLock { $0.ledger.isEmpty && !$0.isPumping } }

    /// Requests a permit. `waiter` is resumed once; `loss` gets an element if the permit is taken away later.
    nonisolated func acquire(
        _ id: PermitID, _ terms: PermitLedger.Terms, waiter: CheckedContinuation<Result<Fence, any Error>, Never>,
        loss: AsyncStream<Void>.Continuation
    ) {
        state.withLock { state in
            state.ledger.want(id, terms, at: .now())
            state.waiters[id] = waiter
            state.losses[id] = loss
        }
        wake()
    }

    /// Ends a waiter without a permit.
    nonisolated func abandon(_ id: PermitID, _ error: any Error) {
        let waiter = state.withLock { state in
            guard let waiter = state.waiters.removeValue(forKey: id) else {
                return CheckedContinuation<Result<Fence, any Error>, Never>?.none
            }
            state.losses[id] = nil
            _ = state.ledger.leave(id, at: .now())
            return waiter
        }
        guard let waiter else { return }
        waiter.resume(returning: .failure(error))
        wake()
    }

    /// Ends a waiter whose time is over.
    nonisolated func expire(_ id: PermitID) {
        if state.withLock({ $0.ledger.expire(id, at: .now()) }) { abandon(id, SluiceError.noPermitInTime) }
    }

    /// Gives a permit back. Returns whether it was held until now; nil if the server could not be asked.
    nonisolated func release(_ id: PermitID) async -> Bool? {
        await withCheckedContinuation { continuation in
            let isKnown = state.withLock { state in
                guard state.ledger.leave(id, at: .now()) else { return false }
                state.losses[id] = nil
                state.releases[id] = continuation
                return true
            }
            if isKnown { wake() } else { continuation.resume(returning: false) }
        }
    }

    /// Takes grants from the inbox.
    nonisolated func received(_ entries: [String]) {
        var fences: [PermitID: Fence] = [:]
        for entry in entries {
            let words = entry.split(separator: " ")
            guard words.count == 2, let number = UInt64(words[1]) else { continue }
            fences[PermitID(String(words[0]))] = Fence(number)
        }
        settle { $0.granted(fences) }
    }

    /// Asks the server about every waiter, since grants may have been missed.
    nonisolated func recheck() {
        state.withLock { $0.ledger.recheck() }
        wake()
    }

    // MARK: Calls

    private nonisolated func wake() {
        let mustPump = state.withLock { state in
            defer { state.isPumping = true }
            return !state.isPumping
        }
        // The task ends when there is nothing to send.
        if mustPump { Task { await pump() } }
    }

    private func pump() async {
        while let call = take() {
            notifier.expect(self)
            do throws(SluiceError) {
                let permits = PermitCall(
                    client: client, limit: call.terms.limit, lease: call.terms.lease, wishes: call.wishes)
                let reply = try await store.call(permits, semaphore: name)
                settle { $0.apply(reply, to: call, at: .now()) }
                failures = 0
                await listen()
            } catch {
                settle { $0.failed(call, error, at: .now()) }
                failures += 1
                await pause()
            }
        }
        if isIdle {
            notifier.dismiss(self)
            onIdle()
        }
    }

    private func listen() async {
        if state.withLock({ $0.ledger.hasWaiters }) { await notifier.attend(self) } else { notifier.dismiss(self) }
    }

    /// Ignores cancellation, since other tasks wait for the same calls.
    private func pause() async {
        await store.eventLoop.pause(backoff(after: failures, from: .milliseconds(40), upTo: .seconds(1)))
    }

    /// The next call. Returns nil, and ends the pump until a permit is wanted or due, if there is none.
    private func take() -> PermitLedger.Call? {
        state.withLock { state in
            if let call = state.ledger.next(at: .now()) { return call }
            state.isPumping = false
            guard let wakeAt = state.ledger.wakeAt else {
                state.timer?.task.cancel()
                state.timer = nil
                return nil
            }
            // A timer that fires early does no harm.
            if let timer = state.timer, timer.at <= wakeAt, timer.at > .now() { return nil }
            state.timer?.task.cancel()
            state.timer = (wakeAt, store.eventLoop.scheduleTask(deadline: wakeAt) { [weak self] in self?.wake() })
            return nil
        }
    }

    private nonisolated func settle(_ change: (inout PermitLedger) -> [PermitLedger.Effect]) {
        let resumptions = state.withLock { state in change(&state.ledger).compactMap { Self.resumption(of: $0, in: &state) } }
        for resume in resumptions { resume() }
    }

    private static func resumption(of effect: PermitLedger.Effect, in state: inout State) -> (@Sendable () -> Void)? {
        switch effect {
        case .granted(let id, let fence):
            guard let waiter = state.waiters.removeValue(forKey: id) else { return nil }
            return { waiter.resume(returning: .success(fence)) }
        case .failed(let id, let error):
            state.losses[id] = nil
            guard let waiter = state.waiters.removeValue(forKey: id) else { return nil }
            return { waiter.resume(returning: .failure(error)) }
        case .lost(let id):
            guard let loss = state.losses.removeValue(forKey: id) else { return nil }
            return { loss.yield() }
        case .released(let id, let wasHeld):
            guard let release = state.releases.removeValue(forKey: id) else { return nil }
            return { release.resume(returning: wasHeld) }
        }
    }
}
