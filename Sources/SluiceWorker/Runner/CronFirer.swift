import Logging
import SluiceCore
import SluiceStore
import Synchronization

/// Fires the cron entries of a process's queues, outside their cycles, when a cycle finds an entry due.
///
/// An entry that fails to fire stays due; this worker or another one finds it again.
final class CronFirer: Sendable {
    private let store: Store
    private let logger: Logger
    private let requests: AsyncStream<Request>
    private let continuation: AsyncStream<Request>.Continuation
    /// The entries whose errors were logged, as `queue name revision`.
    private let logged = Mutex<Set<String>>([])

    private struct Request: Sendable {
        var queue: QueueName
        /// Makes the queue's runner look for the next due time.
        var then: @Sendable (_ hasFired: Bool) -> Void
    }

    init(_ store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
        // A dropped request is found due again.
        (requests, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(100))
    }

    /// - Parameter then: Called when the entries have fired, or with false if there is no room for the request.
    func fire(_ queue: QueueName, then: @escaping @Sendable (_ hasFired: Bool) -> Void) {
        if case .enqueued = continuation.yield(Request(queue: queue, then: then)) { return }
        then(false)
    }

    func finish() { continuation.finish() }

    /// Fires entries until finished.
    func run() async {
        for await request in requests {
            await fire(request.queue)
            request.then(true)
        }
    }

    private func fire(_ queue: QueueName) async {
        do throws(SluiceError) {
            try await store.fireCron(on: queue) { item, error in
                let isNew = logged.withLock { $0.insert("\(queue) \(item.name) \(item.revision)").inserted }
                logger.log(
                    level: isNew ? .error : .debug, "an entry of cron cannot be fired here",
                    metadata: ["queue": "\(queue)", "entry": "\(item.name)", "error": "\(error)"])
            }
        } catch {
            logger.warning("cron could not fire: it is tried again", metadata: ["queue": "\(queue)", "error": "\(error)"])
        }
    }
}
