import Instrumentation
import ServiceContextModule
public import SluiceCore
import Tracing

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension SluiceClient {
    /// Puts one job in. When it returns, the job is committed in Redis.
    ///
    /// - Parameters:
    ///   - after: a job that it follows: it stays suspended until that has ended. A delay counts from then.
    ///   - onFailed: what becomes of it if that job does not complete.
    ///   - id: an identity of one's own; a job of that id which is still kept makes this call add nothing.
    ///   - delay: from now by the server's clock.
    ///   - at: a time; one that is past means now. Comes before `delay`.
    ///   - priority: 0 (first) to 9 (last), if other than the kind's.
    ///   - timeout: how long a run may take, if other than the kind's.
    ///   - maxAttempts: bad ends before it is discarded, if other than the kind's.
    ///   - queue: if other than the kind's.
    ///   - notify: a web hook that is to hear of it.
    /// - Returns: The job; the one that is there, if it is equal to this one by what makes its kind unique.
    /// - Throws: `invalidArgument`, `payloadTooLarge`, `duplicate`, `parentUnknown`, `queueFull`, `outOfMemory` and the like: nothing was stored. `outcomeUnknown` after
    ///   the client's patience: it may have been stored; enqueueing it again with the same id adds nothing twice.
    @discardableResult
    public func enqueue<Kind: Job>(
        _ job: Kind, after parent: Enqueued? = nil, onFailed: FailurePolicy = .cancel, id: JobID? = nil, delay: Duration? = nil,
        at date: Date? = nil, priority: Int? = nil, timeout: Duration? = nil, maxAttempts: Int? = nil, queue: QueueName? = nil,
        notify: Notify? = nil
    ) async throws(SluiceError) -> Enqueued {
        var request = try JobRequest(
            job, id: id, delay: delay, at: date, priority: priority, timeout: timeout, maxAttempts: maxAttempts, queue: queue)
        request.after = parent.map { FollowUp($0, onFailed: onFailed) }
        request.notify = notify
        return try await enqueue(request)
    }

    /// Puts one job in, as requested. Errors as with a typed job.
    @discardableResult
    public func enqueue(_ request: JobRequest) async throws(SluiceError) -> Enqueued {
        // Whoever traces has a context; without one there is nothing that a span could belong to.
        if ServiceContext.current == nil { return try await send(request) }
        let result: Result<Enqueued, SluiceError> = await withSpan("enqueue \(request.kind)", ofKind: .producer) { span in
            span.attributes["messaging.destination.name"] = request.queue.text
            do throws(SluiceError) {
                return .success(try await send(request))
            } catch {
                span.recordError(error)
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func send(_ request: JobRequest) async throws(SluiceError) -> Enqueued {
        let id = request.id ?? IDs.next()
        let queue = try request.queue.validated()
        let job = try request.encoded(id: id, options.payload, trace: TraceHeaders.current())
        if let parent = request.after {
            return try await follow(parent, with: job, of: queue, isNamed: request.id != nil)
        }
        return try Enqueued(job, in: queue, try await gatherer(for: queue).enqueue(job))
    }

    /// Puts many jobs in, of any length: they are read as they are sent, in batches, with several on their way.
    ///
    /// The batches are in order, unless a call has to be repeated; each is atomic, the whole is not.
    /// - Throws: as for one job; what came before a job that was refused is stored.
    @discardableResult
    public func enqueue<Jobs: Sequence>(
        _ jobs: Jobs, queue: QueueName? = nil
    ) async throws(SluiceError) -> EnqueuedMany where Jobs.Element: Job {
        let bulk = BulkEnqueue(self)
        for job in jobs {
            guard bulk.add(job, queue: queue) else { break }
            if bulk.hasFullBatch { await bulk.sendFullBatches() }
        }
        return try await end(bulk)
    }

    /// Puts many jobs in, as requested. As for many typed jobs.
    @discardableResult
    public func enqueue<Requests: Sequence>(
        _ requests: Requests
    ) async throws(SluiceError) -> EnqueuedMany where Requests.Element == JobRequest {
        let end = await enqueueAll(requests)
        if let failure = end.failure { throw failure }
        return end.total
    }

    /// The same, with what went in before a failure.
    package func enqueueAll(_ requests: some Sequence<JobRequest>) async -> (total: EnqueuedMany, failure: SluiceError?) {
        let bulk = BulkEnqueue(self)
        for request in requests {
            guard bulk.add(request) else { break }
            if bulk.hasFullBatch { await bulk.sendFullBatches() }
        }
        return await bulk.finish()
    }

    /// Puts the jobs of a stream in as they come: none waits for others, those that come while a call is under way share the
    /// next. The stream is not read further while two calls' worth wait.
    /// - Throws: as for one job, and what the stream throws; what came before a job that was refused is stored.
    @discardableResult
    public func enqueue<Jobs: AsyncSequence>(
        _ jobs: Jobs, queue: QueueName? = nil
    ) async throws -> EnqueuedMany where Jobs.Element: Job {
        let stream = StreamEnqueue(sender(for: try (queue ?? Jobs.Element.options.queue).validated()))
        let failure = await add(jobs, queue: queue, to: stream)
        let end = await stream.finish()
        if let failure { throw failure }
        return try end.get()
    }

    /// Returns what the stream threw, or why a job was refused.
    private func add<Jobs: AsyncSequence>(_ jobs: Jobs, queue: QueueName?, to stream: StreamEnqueue) async -> (any Error)?
    where Jobs.Element: Job {
        let trace = TraceHeaders.current()
        do {
            for try await job in jobs {
                var request = try JobRequest(job)
                if let queue { request.queue = queue }
                let encoded = try request.encoded(id: IDs.next(), options.payload, trace: trace)
                guard await stream.add(encoded) else { break }
            }
            return nil
        } catch {
            return error
        }
    }

    private func end(_ bulk: BulkEnqueue) async throws(SluiceError) -> EnqueuedMany {
        let end = await bulk.finish()
        if let failure = end.failure { throw failure }
        return end.total
    }
}
