import Logging
import Sluice
import SluiceCore
import SluiceStore

extension QueueRunner {
    /// Opens a session, and compares with Redis which jobs this worker holds: at the start, after a call whose reply was not
    /// read, and when the two counts differ.
    func resync() async throws(SluiceError) {
        // If a job was lost and claimed again, the newer run counts: it comes last among equal ids.
        let listed = outbox.map { (id: $0.settlement.id, fence: $0.settlement.fence) } + runs.map { ($0.key, $0.value.job.fence) }
        let call = Resync(
            worker: worker, session: link.nextSession(), lease: options.lease,
            info: ProcessInfoJSON.text(
                host: options.host, concurrency: queue.concurrency, kinds: pipeline.kinds, cron: queue.cron.map(\.name),
                version: options.version, replyBytes: link.budget.limit),
            running: listed)
        let start = metrics.callBegins()
        do {
            let reply = try await store.call(call, on: queue.name)
            metrics.answered(.resync, since: start)
            absorb(reply)
            link.resynced()
        } catch {
            metrics.callFailed()
            try link.failed(error, settling: link.inDoubt, logger)
        }
    }

    private func absorb(_ reply: Resync.Reply) {
        tell(reply.outcomes)
        if link.inDoubt > 0, reply.lastCall == link.call {
            // The call with the lost reply was applied; this reply repeats what it refused.
            recorded(outbox.prefix(link.inDoubt), refused: reply.refused)
            dropOutcomes(link.inDoubt)
        }
        let late = outbox.filter { reply.lost.contains($0.settlement.id) }
        outbox.removeAll { reply.lost.contains($0.settlement.id) }
        recorded(late, refused: late.map(\.settlement.id))
        for id in reply.lost {
            guard let run = runs.removeValue(forKey: id) else { continue }
            metrics.lost(1)
            ownEnd?.left()
            logger.warning("this worker lost a job it runs", metadata: ["job": "\(id)", "queue": "\(queue.name)"])
            run.handle.cancel()
        }
    }
}
