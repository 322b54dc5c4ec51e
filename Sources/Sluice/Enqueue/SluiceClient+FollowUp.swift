import NIOCore
import SluiceCore
import SluiceStore

extension SluiceClient {
    /// Enqueues a job behind its parent. The parent may still wait in another queue's slot, or be in its own queue. While it is
    /// on its way between them, neither accepts a follower, and the call is repeated.
    ///
    /// A job whose id the caller chose is not new if its own queue has a job of that id: it would be dropped on arrival.
    func follow(
        _ parent: FollowUp, with job: NewJob, of queue: QueueName, isNamed: Bool, _ durability: Durability
    ) async throws(SluiceError) -> JobHandle {
        let end = ContinuousClock.now + options.patience
        for place in parent.places { _ = try place.validated() }
        _ = try parent.parent.validated()
        if isNamed, parent.isElsewhere(for: queue), try await !sender(for: queue).known([job.id]).isEmpty {
            return JobHandle(id: job.id, queue: queue, isNew: false)
        }
        var failures = 0
        while true {
            var isMoving = false
            for place in parent.places {
                let outcome = try await batcher(for: place, durability).enqueue(parent.following(job, of: queue, at: place))
                if outcome == .refused(.orphan) { continue }
                if outcome == .refused(.moving) {
                    isMoving = true
                    continue
                }
                return try JobHandle(job, in: queue, outcome, origin: place == queue ? nil : place)
            }
            guard isMoving else { throw SluiceError.unknownParent(parent, of: job.id) }
            failures += 1
            let wait = backoff(after: failures, from: .milliseconds(10), upTo: .milliseconds(500))
            guard ContinuousClock.now + wait < end else {
                throw SluiceError(
                    .unavailable, "the job \(parent.parent) is on its way to queue \(parent.queue), and no worker brings it there"
                )
            }
            await store.eventLoop.pause(wait)
        }
    }
}

extension SluiceClient {
    /// The same, with the error as a value.
    func tryFollow(
        _ parent: FollowUp, with job: NewJob, of queue: QueueName, isNamed: Bool, _ durability: Durability
    ) async -> Result<JobHandle, SluiceError> {
        do throws(SluiceError) {
            return .success(try await follow(parent, with: job, of: queue, isNamed: isNamed, durability))
        } catch {
            return .failure(error)
        }
    }
}

extension SluiceError {
    fileprivate static func unknownParent(_ parent: FollowUp, of id: JobID) -> SluiceError {
        SluiceError(
            .parentUnknown,
            "\(id) was not enqueued: the job \(parent.parent) that it is to follow is not in queue \(parent.queue), "
                + "or has ended too long ago")
    }
}
