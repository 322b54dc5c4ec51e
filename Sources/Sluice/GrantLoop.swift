import Logging
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Waits, on one blocked connection, for the permits that the client's tasks wait for, whatever their number, and at whatever
/// semaphores. It runs while somebody waits.
actor GrantLoop {
    /// How long to block. Nothing depends on it: waiters ask at each renewal of their leases, too.
    private static let span = Duration.seconds(10)

    private struct State {
        var attended: [String: PermitKeeper] = [:]
        /// The semaphores that the blocked connection listens at now.
        var listening: Set<String> = []
        var isRunning = false
    }

    private enum Need {
        case nothing, start
        case interrupt(at: String)
    }

    private nonisolated let store: Store
    private nonisolated let client: String
    private nonisolated let listener: GrantListener
    private nonisolated let state = Mutex(State())
    private let logger: Logger

    nonisolated var unownedExecutor: UnownedSerialExecutor { store.eventLoop.executor.asUnownedSerialExecutor() }

    init(_ store: Store, client: String, logger: Logger) {
        self.store = store
        self.client = client
        self.listener = store.grantListener(client: client)
        self.logger = logger
    }

    /// Listens for a keeper too, from now on.
    nonisolated func attend(_ keeper: PermitKeeper) async {
        let need: Need = state.withLock { state in
            state.attended[keeper.name] = keeper
            if !state.isRunning {
                state.isRunning = true
                return .start
            }
            guard let present = state.listening.first, !state.listening.contains(keeper.name) else { return .nothing }
            return .interrupt(at: present)
        }
        switch need {
        case .nothing: break
        // Ends by itself when nobody waits any more.
        case .start: Task { await run() }
        // If this fails, the waiters hear of it when their leases are renewed.
        case .interrupt(let present): try? await store.interruptListener(of: client, at: present)
        }
    }

    /// Nobody waits there any more.
    nonisolated func dismiss(_ keeper: PermitKeeper) {
        state.withLock { state in
            if state.attended[keeper.name] === keeper { state.attended[keeper.name] = nil }
        }
    }

    /// Ends it for good.
    nonisolated func close() async { await listener.close() }

    private func run() async {
        var failures: Int64 = 0
        while let semaphores = begin() {
            do throws(SluiceError) {
                let grants = try await listener.next(at: semaphores, within: Self.span)
                failures = 0
                if let grants, let keeper = end()[grants.semaphore] { keeper.granted(grants.fences) }
            } catch {
                let keepers = end()
                if error.code == .closed {
                    state.withLock { $0.isRunning = false }
                    return
                }
                failures += 1
                logger.debug("cannot wait for permits", metadata: ["error": "\(error)"])
                // What the lost connection may have taken with it.
                for keeper in keepers.values { keeper.recheck() }
                await pause(min(50 * failures, 2000))
            }
        }
    }

    /// The semaphores to listen at; nil, and the end of the loop, if there are none.
    private func begin() -> [String]? {
        state.withLock { state in
            state.listening = Set(state.attended.keys)
            if state.listening.isEmpty { state.isRunning = false }
            return state.listening.isEmpty ? nil : state.listening.sorted()
        }
    }

    private func end() -> [String: PermitKeeper] {
        state.withLock { state in
            state.listening = []
            return state.attended
        }
    }

    private func pause(_ wait: Int64) async {
        await withCheckedContinuation { continuation in
            store.eventLoop.scheduleTask(in: .milliseconds(wait)) { continuation.resume() }
        }
    }
}
