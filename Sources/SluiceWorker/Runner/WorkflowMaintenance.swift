import Logging
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Maintenance of a namespace, outside the cycles of queues: workflows that are past their deadline, were left by a dead client
/// or ended long ago, and messages in the outboxes of all queues. Each process makes a call every 30 s, more or less, and when
/// the next workflow is due.
final class WorkflowMaintenance: Sendable {
    private static let span = Duration.seconds(30)

    private let relay: Relay
    private let signal: Signal
    private let logger: Logger
    private let isStopped = Mutex(false)

    init(_ relay: Relay, on eventLoop: any EventLoop, logger: Logger) {
        self.relay = relay
        self.logger = logger
        signal = Signal(eventLoop)
    }

    func stop() {
        isStopped.withLock { $0 = true }
        signal.set()
    }

    /// Runs until stopped.
    func run() async {
        while !isStopped.withLock({ $0 }) {
            let next = await look()
            let span = Self.span * Double.random(in: 0.8...1.2)
            await signal.wait(until: .now() + TimeAmount(max(min(next ?? span, span), .milliseconds(100))))
        }
    }

    private func look() async -> Duration? {
        do throws(SluiceError) {
            return try await relay.maintainDue { [logger] entry, error in
                logger.warning(
                    "maintenance failed: it is tried again",
                    metadata: Self.subject(of: entry).merging(["error": "\(error)"]) { $1 })
            }
        } catch {
            logger.debug("cannot read what maintenance is due", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// What an entry of the index stands for.
    private static func subject(of entry: String) -> Logger.Metadata {
        if entry == WorkflowIndex.outboxes { return ["of": "outboxes"] }
        if let batch = BatchBook.batch(of: entry) { return ["batch": "\(batch)"] }
        return ["workflow": "\(entry)"]
    }
}
