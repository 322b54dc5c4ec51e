import Logging
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Reads an inbox.
protocol InboxReader: AnyObject, Sendable {
    /// The key of the list.
    var inbox: String { get }
    /// Takes entries of the list, oldest first; irrelevant ones may be among them.
    func received(_ entries: [String])
    /// Asks Redis about every wait, because entries may have been lost.
    func recheck()
}

/// Blocks on one connection, in a cluster on one for each slot, for all waits of the client's tasks: permits of any semaphore, ends
/// of jobs in any queue, ends of workflows. It runs while a task waits.
actor Notifier {
    /// How long one call blocks. Nothing depends on it.
    private static let span = Duration.seconds(10)

    private struct State {
        var attended: [String: any InboxReader] = [:]
        /// The inboxes that the current blocking call covers.
        var listening: Set<String> = []
        var isRunning = false
    }

    private enum Need {
        case nothing, start
        case interrupt(at: String)
    }

    private nonisolated let store: Store
    private nonisolated let listener: InboxListener
    private nonisolated let state = Mutex(State())
    private let logger: Logger

    nonisolated var unownedExecutor: UnownedSerialExecutor { store.eventLoop.executor.asUnownedSerialExecutor() }

    init(_ store: Store, logger: Logger) {
        self.store = store
        self.listener = store.inboxListener()
        self.logger = logger
    }

    /// Routes entries of an inbox to this reader from now on, if the connection listens there. Call it before the call that
    /// causes entries: a blocking call for an earlier reader of that inbox would take them out.
    nonisolated func expect(_ reader: any InboxReader) { state.withLock { $0.attended[reader.inbox] = reader } }

    /// Starts to listen for a reader.
    nonisolated func attend(_ reader: any InboxReader) async {
        let need: Need = state.withLock { state in
            state.attended[reader.inbox] = reader
            if !state.isRunning {
                state.isRunning = true
                return .start
            }
            guard let present = state.listening.first, !state.listening.contains(reader.inbox) else { return .nothing }
            return .interrupt(at: present)
        }
        switch need {
        case .nothing: break
        // The task ends when no wait is left.
        case .start: Task { await run() }
        // If this fails, the next blocking call includes the inbox.
        case .interrupt(let present):
            if await !listener.interrupt() { try? await store.interruptListener(at: present) }
        }
    }

    /// Stops listening for a reader.
    nonisolated func dismiss(_ reader: any InboxReader) {
        state.withLock { state in
            if state.attended[reader.inbox] === reader { state.attended[reader.inbox] = nil }
        }
    }

    /// Closes the connection for good.
    nonisolated func close() async { await listener.close() }

    private func run() async {
        var failures = 0
        while let inboxes = begin() {
            do throws(SluiceError) {
                let news = try await listener.next(at: inboxes, within: Self.span)
                failures = 0
                let readers = end()
                switch news {
                case .mail(let mail)?: readers[mail.inbox]?.received(mail.entries)
                case .lost(let inboxes)?: for inbox in inboxes { readers[inbox]?.recheck() }
                case nil: break
                }
            } catch {
                let readers = end()
                if error.code == .closed {
                    state.withLock { $0.isRunning = false }
                    return
                }
                failures += 1
                logger.debug("cannot listen for what is waited for", metadata: ["error": "\(error)"])
                // The lost connection may have taken entries with it.
                for reader in readers.values { reader.recheck() }
                await store.eventLoop.pause(backoff(after: failures, from: .milliseconds(50), upTo: .seconds(2)))
            }
        }
    }

    /// The inboxes to listen at. Returns nil, and ends the loop, if there are none.
    private func begin() -> [String]? {
        state.withLock { state in
            state.listening = Set(state.attended.keys)
            if state.listening.isEmpty { state.isRunning = false }
            return state.listening.isEmpty ? nil : state.listening.sorted()
        }
    }

    private func end() -> [String: any InboxReader] {
        state.withLock { state in
            state.listening = []
            return state.attended
        }
    }
}
