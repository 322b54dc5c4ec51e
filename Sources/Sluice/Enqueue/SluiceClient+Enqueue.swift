import Instrumentation
import ServiceContextModule
public import SluiceCore
import Tracing

extension SluiceClient {
    /// Enqueues one job. When the call returns, the job is committed in Redis.
    ///
    /// ```swift
    /// let resize = try await sluice.enqueue(Resize(url: url)) { $0.delay = .seconds(5) }
    /// try await sluice.enqueue(Publish(url: url), after: resize)
    /// ```
    /// - Parameters:
    ///   - after: a job to follow: a handle that an enqueue returned, or `JobHandle(id, in: queue)`. The new job stays suspended
    ///     until that one has ended; a delay counts from then.
    ///   - onFailed: what happens to the new job if the job before it does not complete.
    ///   - durability: how many copies of the job have to exist before the call returns; nil for the client's options.
    ///   - configure: sets options that differ from the kind's, such as the delay, the queue or an id of your own.
    /// - Returns: A handle for the job. If an equal job is live, by its kind's uniqueness, the handle is for that one.
    /// - Throws: `invalidArgument`, `payloadTooLarge`, `duplicate`, `parentUnknown`, `queueFull`, `outOfMemory` and the like:
    ///   nothing was stored. `notConfirmed`: the job is in Redis, without the confirmation that its durability asks for.
    ///   `outcomeUnknown` once the client's patience is over: the job may have been stored; enqueueing it
    ///   again with the same id is safe.
    @discardableResult
    public func enqueue<Kind: Job>(
        _ job: Kind, after parent: (any JobReference)? = nil, onFailed: FailurePolicy = .cancel,
        durability: Durability? = nil, _ configure: (inout JobRequest) -> Void = { _ in }
    ) async throws(SluiceError) -> Enqueued<Kind> {
        let request = try JobRequest(job) { request in
            if let parent { request.after = FollowUp(parent.handle, onFailed: onFailed) }
            configure(&request)
        }
        return Enqueued(Kind.self, try await enqueue(request, durability: durability))
    }

    /// Enqueues one job as requested.
    /// - Throws: The same errors as for a typed job.
    @discardableResult
    public func enqueue(_ request: JobRequest, durability: Durability? = nil) async throws(SluiceError) -> JobHandle {
        let durability = try self.durability(durability)
        // Only tracing programs have a context. Without one, a span would belong to no trace.
        if ServiceContext.current == nil { return try await send(request, durability) }
        let result: Result<JobHandle, SluiceError> = await withSpan("enqueue \(request.kind)", ofKind: .producer) { span in
            span.attributes["messaging.destination.name"] = request.queue.text
            do throws(SluiceError) {
                return .success(try await send(request, durability))
            } catch {
                span.recordError(error)
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func send(_ request: JobRequest, _ durability: Durability) async throws(SluiceError) -> JobHandle {
        let id = request.id ?? IDs.next()
        let queue = try request.queue.validated()
        let job = try request.encoded(id: id, options.payload, trace: TraceHeaders.current())
        if let parent = request.after {
            return try await follow(parent, with: job, of: queue, isNamed: request.id != nil, durability)
        }
        return try JobHandle(job, in: queue, try await batcher(for: queue, durability).enqueue(job))
    }

    /// Enqueues many jobs. The sequence may be of any length: it is read as it is sent, in batches, with several calls in flight.
    ///
    /// The batches are in order, unless a call has to be repeated, or the jobs wait for their durability: such calls go over
    /// several connections. Each batch is atomic, the whole is not.
    /// - Parameters:
    ///   - durability: how many copies have to exist before the call returns; nil for the client's options. Each batch is waited
    ///     for as a whole.
    ///   - configure: sets options of each job that differ from the kind's.
    /// - Throws: The same errors as for one job. Jobs before one that was refused are stored.
    @discardableResult
    public func enqueue<Jobs: Sequence>(
        _ jobs: Jobs, durability: Durability? = nil, _ configure: (inout JobRequest) -> Void = { _ in }
    ) async throws(SluiceError) -> EnqueuedMany where Jobs.Element: Job {
        let bulk = BulkEnqueue(self, try self.durability(durability))
        for job in jobs {
            guard bulk.add(job, configure) else { break }
            if bulk.hasFullBatch { await bulk.sendFullBatches() }
        }
        return try await end(bulk)
    }

    /// Enqueues many jobs like ``enqueue(_:durability:_:)``, and returns a handle for each.
    /// - Parameter configure: sets options of each job that differ from the kind's.
    /// - Returns: The handles, in the order of the jobs. For a job that met an equal one the handle is for that one, even if the
    ///   job asked to fail in that case.
    /// - Throws: The same errors as for one job. Jobs before one that was refused are stored.
    public func enqueue<Jobs: Sequence>(
        each jobs: Jobs, durability: Durability? = nil, _ configure: (inout JobRequest) -> Void = { _ in }
    ) async throws(SluiceError) -> [Enqueued<Jobs.Element>] where Jobs.Element: Job {
        let bulk = BulkEnqueue(self, try self.durability(durability), keepsHandles: true)
        for job in jobs {
            guard bulk.add(job, configure) else { break }
            if bulk.hasFullBatch { await bulk.sendFullBatches() }
        }
        _ = try await end(bulk)
        return bulk.handles.map { Enqueued(Jobs.Element.self, $0) }
    }

    /// Enqueues many jobs as requested, in batches like those of typed jobs.
    /// - Throws: The same errors as for one job. Jobs before one that was refused are stored.
    @discardableResult
    public func enqueue<Requests: Sequence>(
        _ requests: Requests, durability: Durability? = nil
    ) async throws(SluiceError) -> EnqueuedMany where Requests.Element == JobRequest {
        let end = await enqueueAll(requests, durability: durability)
        if let failure = end.failure { throw failure }
        return end.total
    }

    /// The same, but returns the counts along with the first failure.
    package func enqueueAll(
        _ requests: some Sequence<JobRequest>, durability chosen: Durability? = nil
    ) async -> (total: EnqueuedMany, failure: SluiceError?) {
        let bulk: BulkEnqueue
        do throws(SluiceError) {
            bulk = BulkEnqueue(self, try durability(chosen))
        } catch {
            return (EnqueuedMany(), error)
        }
        for request in requests {
            guard bulk.add(request) else { break }
            if bulk.hasFullBatch { await bulk.sendFullBatches() }
        }
        return await bulk.finish()
    }

    /// Enqueues the jobs of a stream as they arrive. No job waits for a batch to fill: jobs that arrive while a call is under way
    /// share the next call. The stream is not read further while two calls' worth of jobs wait.
    /// - Throws: The same errors as for one job, and any error of the stream. Jobs before one that was refused are stored.
    @discardableResult
    public func enqueue<Jobs: AsyncSequence>(
        _ jobs: Jobs, queue: QueueName? = nil, durability: Durability? = nil
    ) async throws -> EnqueuedMany where Jobs.Element: Job {
        let stream = StreamEnqueue(
            batcher(for: try (queue ?? Jobs.Element.options.queue).validated(), try self.durability(durability)).sender)
        let failure = await add(jobs, queue: queue, to: stream)
        let end = await stream.finish()
        if let failure { throw failure }
        return try end.get()
    }

    /// Adds the jobs of a stream. Returns the error of the stream, or of a job that was refused.
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
