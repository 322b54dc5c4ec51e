import Logging
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Waits for the tokens of all queues of a process on one blocked connection, and pokes the runner of each token's queue.
actor WakeLoop {
    /// The delay before a blocking call while no queue is idle. Only bells matter then, and each cycle brings their news anyway.
    private static let pause = TimeAmount.milliseconds(250)

    private let listener: WakeListener
    private let idleQueues: IdleQueues
    private let worker: WorkerID
    private let span: Duration
    private let runners: [QueueName: QueueRunner]
    private let eventLoop: any EventLoop
    private let logger: Logger
    private nonisolated let isStopped = Mutex(false)

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    init(
        _ listener: WakeListener, idleQueues: IdleQueues, worker: WorkerID, span: Duration, runners: [QueueRunner],
        on eventLoop: any EventLoop, logger: Logger
    ) {
        self.listener = listener
        self.idleQueues = idleQueues
        self.worker = worker
        self.span = span
        self.runners = Dictionary(uniqueKeysWithValues: runners.map { ($0.queue.name, $0) })
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Makes `run` end at once.
    nonisolated func stop() async {
        isStopped.withLock { $0 = true }
        idleQueues.changed.set()
        await listener.close()
    }

    private var mustStop: Bool { isStopped.withLock { $0 } || Task.isCancelled }

    /// Runs until it is stopped or its task is cancelled.
    func run() async {
        var failures = 0
        while !mustStop {
            if !idleQueues.isHungry { await idleQueues.changed.wait(until: .now() + Self.pause) }
            if mustStop { break }
            let wake = idleQueues.listen()
            do {
                let token = try await listener.next(
                    wake: wake.sorted(), bells: runners.keys.sorted(), worker: worker, within: span)
                idleQueues.stopListening()
                failures = 0
                if let token { runner(of: token)?.poke() }
            } catch {
                idleQueues.stopListening()
                if mustStop { break }
                failures += 1
                logger.debug("cannot wait for work", metadata: ["error": "\(error)"])
                let wait = backoff(after: failures, from: .milliseconds(100), upTo: .seconds(2))
                await idleQueues.changed.wait(until: .now() + TimeAmount(wait))
            }
        }
        await listener.close()
    }

    private func runner(of token: WakeListener.Token) -> QueueRunner? {
        switch token {
        case .wake(let queue), .bell(let queue): runners[queue]
        }
    }
}
