import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// All permits of a process, by semaphore.
final class SemaphoreClients: Sendable {
    /// A permit in use.
    struct Held: Sendable {
        var semaphore: String
        var id: PermitID
        var fence: Fence
        /// Gets an element when the permit is taken away.
        var losses: AsyncStream<Void>
    }

    private struct State {
        var clients: [String: SemaphoreClient] = [:]
        var lastNumber = 0
    }

    /// Extra time to wait for an answer beyond the caller's timeout, so that a caller with a zero timeout gets one, too.
    static let answer = Duration.seconds(5)

    private let store: Store
    private let patience: Duration
    /// Identifies this process to people who look into Redis.
    private let process: String
    private let notifier: Notifier
    private let state = Mutex(State())

    init(_ store: Store, client: String, notifier: Notifier, patience: Duration) {
        self.store = store
        self.process = client
        self.notifier = notifier
        self.patience = patience
    }

    /// Waits for a permit.
    /// - Throws: `timedOut`, `CancellationError`, or the error of the call to the server.
    func acquire(_ semaphore: String, _ terms: PermitLedger.Terms, timeout: Duration?) async throws -> Held {
        let id = nextID()
        let losses = AsyncStream<Void>.makeStream()
        let timers = timeout.map { schedule($0, for: id, at: semaphore) } ?? []
        defer { for timer in timers { timer.cancel() } }
        let fence = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(semaphore) { $0.acquire(id, terms, waiter: continuation, loss: losses.continuation) }
                // A cancellation before this point came too early for the handler below.
                if Task.isCancelled { client(of: semaphore)?.abandon(id, CancellationError()) }
            }
        } onCancel: {
            client(of: semaphore)?.abandon(id, CancellationError())
        }
        return Held(semaphore: semaphore, id: id, fence: try fence.get(), losses: losses.stream)
    }

    /// Gives a permit back, even if the task is cancelled. Returns whether it was held until now; nil if the server could not be
    /// asked within the client's patience.
    func release(_ held: Held) async -> Bool? {
        guard let found = client(of: held.semaphore) else { return false }
        return await found.release(held.id)
    }

    private func schedule(_ timeout: Duration, for id: PermitID, at semaphore: String) -> [Scheduled<Void>] {
        let limit = TimeAmount(min(max(timeout, .zero), .seconds(1_000_000_000)))
        return [
            store.eventLoop.scheduleTask(in: limit) { [weak self] in self?.client(of: semaphore)?.expire(id) },
            store.eventLoop.scheduleTask(in: limit + TimeAmount(Self.answer)) { [weak self] in
                self?.client(of: semaphore)?.abandon(id, SluiceError.noPermitInTime)
            },
        ]
    }

    private func nextID() -> PermitID {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return PermitID("\(process).\(number)")
    }

    private func client(of semaphore: String) -> SemaphoreClient? { state.withLock { $0.clients[semaphore] } }

    /// Lets a task in while no client can retire.
    private func enter(_ semaphore: String, _ body: (SemaphoreClient) -> Void) {
        state.withLock { state in
            let client = state.clients[semaphore] ?? makeClient(semaphore)
            state.clients[semaphore] = client
            body(client)
        }
    }

    private func makeClient(_ semaphore: String) -> SemaphoreClient {
        SemaphoreClient(semaphore, client: process, store: store, notifier: notifier, patience: patience) { [weak self] in
            self?.retire(semaphore)
        }
    }

    private func retire(_ semaphore: String) {
        state.withLock { state in
            if state.clients[semaphore]?.isIdle == true { state.clients[semaphore] = nil }
        }
    }
}
