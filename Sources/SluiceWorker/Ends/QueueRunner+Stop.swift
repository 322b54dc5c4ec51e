import Logging
import NIOCore
import Sluice
import SluiceCore
import SluiceStore
import Synchronization

/// How a worker stops.
struct Stopping: Sendable {
    /// The end of the grace.
    var ends: NIODeadline
    /// Whether the worker ends by itself. Then it waits for Redis without a limit, so that nothing stays claimed.
    var isOwn = false
}

extension QueueRunner {
    /// After this time Redis hands out a message again that has not arrived.
    private static let redelivery = TimeAmount.seconds(6)

    /// Stops claiming. `run` returns when all runs have ended, or the grace is over.
    nonisolated func stop(grace: Duration) {
        let ends = NIODeadline.now() + TimeAmount(grace)
        stopping.withLock { $0 = Stopping(ends: min($0?.ends ?? ends, ends)) }
        wakeToStop()
    }

    /// Stops claiming. `run` returns when all runs have ended and Redis knows that this worker holds nothing.
    nonisolated func stopInOrder() {
        stopping.withLock { $0 = $0 ?? Stopping(ends: .distantFuture, isOwn: true) }
        wakeToStop()
    }

    private nonisolated func wakeToStop() {
        signal.set()
        for gathering in pipeline.gatherings { gathering.stop() }
        deadlines.set()
    }

    nonisolated var graceEnds: NIODeadline? { stopping.withLock { $0?.ends } }
    nonisolated var isStopping: Bool { graceEnds != nil }
    private nonisolated var isOwnEnd: Bool { stopping.withLock { $0?.isOwn ?? false } }

    /// How long the loop has made no turn.
    nonisolated func silence(at now: NIODeadline) -> Duration {
        let last = turned.load(ordering: .relaxed)
        return .nanoseconds(Int64(now.uptimeNanoseconds - min(last, now.uptimeNanoseconds)))
    }

    /// Whether a worker that stops may leave. After a lost reply Redis may hold jobs for it that it does not know of; a resync
    /// gives them back.
    var hasNothing: Bool { runs.isEmpty && outbox.isEmpty && !(isOwnEnd && link.needsResync) }

    /// Cancels the remaining runs after the grace, and gives them back. Handlers that do not return are abandoned a moment later.
    func force(_ now: NIODeadline) {
        if !isForced {
            isForced = true
            for id in Array(runs.keys) { end(id, .stopping) }
        }
    }

    /// Whether to stop without Redis, which has been away for the whole shutdown. Unsent outcomes are lost, and their jobs run
    /// again when the lease ends.
    func mustGiveUp(_ now: NIODeadline) -> Bool {
        guard isForced, let graceEnds, now > graceEnds + TimeAmount(options.cancellationGrace) + .seconds(5) else { return false }
        logger.error(
            "stopping without Redis: jobs of this worker run again when its lease ends",
            metadata: ["queue": "\(queue.name)", "runs": "\(runs.count)", "outcomes": "\(outbox.count)"])
        return true
    }

    /// Makes Redis forget this worker. A worker that ends by itself repeats that until it is done, or is told to stop.
    func leave() async {
        var failures = 0
        while true {
            turned.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed)
            do throws(SluiceError) {
                _ = try await store.call(Leave(worker: worker, session: link.session), on: queue.name, timeout: .seconds(2))
                return
            } catch {
                guard isOwnEnd, error.code.isTransient else { return }
                failures += 1
                let wait = backoff(after: failures, from: .milliseconds(40), upTo: .seconds(2))
                await signal.wait(until: .now() + TimeAmount(wait))
            }
        }
    }

    /// Notes what a call for jobs has brought, for a worker that ends by itself.
    func ended(_ look: OwnEnd.Look, _ reply: Cycle.Reply) {
        let isIdle = look.jobs > 0 && reply.jobs.isEmpty && runs.isEmpty && outbox.isEmpty && !link.needsResync
        // After a resync the queue looks once more.
        if link.needsResync { mayHaveMore = true }
        ownEnd?.ended(look, in: queue.name, found: reply.jobs.count, isIdle: isIdle)
    }

    /// Notes a call for jobs that failed: what it may have claimed is given back by the next resync.
    func failed(_ look: OwnEnd.Look) {
        mayHaveMore = true
        ownEnd?.ended(look, in: queue.name, found: 0, isIdle: false)
    }

    /// Passes on what a cycle has found for other queues, and cron entries that are due.
    func deliver(_ reply: Cycle.Reply) {
        if !reply.messages.isEmpty {
            ownEnd?.deliveryBegins()
            let eventLoop = store.eventLoop
            cycleRelay.carry(reply.messages, of: queue.name, now: reply.now) { [ownEnd] haveArrived in
                guard let ownEnd else { return }
                if haveArrived { return ownEnd.deliveryEnds() }
                eventLoop.scheduleTask(in: Self.redelivery) { ownEnd.deliveryEnds() }
            }
        }
        if reply.hasTicks {
            ownEnd?.deliveryBegins()
            cron.fire(queue.name) { [weak self, ownEnd] hasFired in
                if hasFired { self?.poke() }
                ownEnd?.deliveryEnds()
            }
        }
    }
}

extension RunReport {
    /// Whether the job's handler had its chance.
    var hasRun: Bool {
        switch result {
        case .outcome, .failed, .unreadable, .unknownKind, .parked: true
        case .unable: false
        }
    }
}
