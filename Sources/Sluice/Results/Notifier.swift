import Logging
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Reads an inbox.
protocol InboxReader: AnyObject, Sendable {
    /// The key of the list.
    var inbox: String { get }
    /// Takes entries of the list, oldest first; some may say nothing.
    func received(_ entries: [String])
    /// Asks for everything that is waited for, because entries may have been lost.
    func recheck()
}

/// Blocks on one connection for everything that the client's tasks wait for: permits of any semaphore, ends of jobs in any queue,
/// ends of workflows. It runs while a task waits.
actor Notifier {
    /// How long to block. Nothing depends on it.
    private static let span = Duration.seconds(10)

    private struct State {
        var attended: [String: any InboxReader] = [:]
        /// The inboxes that the blocked connection listens at now.
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

    /// Gives the reader what is found in its inbox from now on, if the connection listens there. Call it before the call that lets
    /// entries come: a connection that still blocks for an earlier reader of that inbox would take them out.
    nonisolated func expect(_ reader: any InboxReader) { state.withLock { $0.attended[reader.inbox] = reader } }

    /// Listens for a reader too, from now on.
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
        // Ends by itself when nothing is waited for any more.
        case .start: Task { await run() }
        // If this fails, it listens there when it has blocked for its span.
        case .interrupt(let present): try? await store.interruptListener(at: present)
        }
    }

    /// Stops listening for a reader.
    nonisolated func dismiss(_ reader: any InboxReader) {
        state.withLock { state in
            if state.attended[reader.inbox] === reader { state.attended[reader.inbox] = nil }
        }
    }

    /// Ends it for good.
    nonisolated func close() async { await listener.close() }

    private func run() async {
        var failures = 0
        while let inboxes = begin() {
            do throws(SluiceError) {
                let mail = try await listener.next(at: inboxes, within: Self.span)
                failures = 0
                let readers = end()
                if let mail { readers[mail.inbox]?.received(mail.entries) }
            } catch {
                let readers = end()
                if error.code == .closed {
                    state.withLock { $0.isRunning = false }
                    return
                }
                failures += 1
                logger.debug("cannot listen for what is waited for", metadata: ["error": "\(error)"])
                // What the lost connection may have taken with it.
                for reader in readers.values { reader.recheck() }
                await store.eventLoop.pause(backoff(after: failures, from: .milliseconds(50), upTo: .seconds(2)))
            }
        }
    }

    /// The inboxes to listen at; nil, and the end of the loop, if there are none.
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
