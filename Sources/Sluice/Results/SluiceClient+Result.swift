public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension SluiceClient {
    /// Waits for a job to end, and returns its output. Nothing is polled: Redis tells this client when the job ends, on one
    /// connection for all waits of this client, and after a lost connection or a restart of Redis the client asks again.
    ///
    /// The kind has to keep its results (``JobOptions/keepsResult``), unless it has no output. A result, and a job whose end
    /// somebody waited for, is kept for an hour at least.
    /// - Parameter timeout: how long to wait by this host's clock; without end unless given. The first answer of Redis is waited for
    ///   as long as any call's.
    /// - Throws: ``JobFailed`` with the last error if the job was cancelled or discarded. ``SluiceError`` `timedOut`, which says so if
    ///   Redis could not be asked when the time was over; `jobUnknown` if the job is not in its queue; `resultMissing` if its result
    ///   was not kept or is of another type; `undecryptable`; and what Redis refuses for good. `CancellationError` if the task is cancelled.
    public func result<Kind: Job>(of kind: Kind.Type, _ job: Enqueued, timeout: Duration? = nil) async throws -> Kind.Output {
        switch try await end(of: job, timeout: timeout) {
        case .completed(let result): try output(of: kind, job, result)
        case .failed(let state, let line): throw JobFailed(job, state, line: line)
        case .missing, .underWay:
            throw SluiceError(
                .jobUnknown, "the job \(job.id) is not in queue \(job.queue): it never was, was deleted, or ended too long ago")
        }
    }

    /// The same by id. A job that follows one of another queue is found here when it has come to its own queue.
    /// - Parameter queue: if other than the kind's.
    public func result<Kind: Job>(
        of kind: Kind.Type, _ id: JobID, in queue: QueueName? = nil, timeout: Duration? = nil
    ) async throws -> Kind.Output {
        try await result(
            of: kind, Enqueued(id: id, queue: queue ?? Kind.options.queue, isNew: false), timeout: timeout)
    }

    /// Puts a job in, waits for it to end, and returns its output, as if its handler had been called here.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait by this host's clock, from when the job is in.
    ///   - cancelOnTimeout: whether the job is cancelled when the time is over, or the waiting task is cancelled: nobody wants
    ///     its result any more. A run under way is told, and its Swift task is cancelled.
    ///   - Others: as in ``enqueue(_:after:onFailed:id:delay:at:priority:timeout:maxAttempts:queue:)``.
    /// - Throws: as `enqueue` and `result` do.
    public func enqueueAndWait<Kind: Job>(
        _ job: Kind, id: JobID? = nil, delay: Duration? = nil, at date: Date? = nil, priority: Int? = nil,
        maxAttempts: Int? = nil, queue: QueueName? = nil, timeout: Duration, cancelOnTimeout: Bool = false
    ) async throws -> Kind.Output {
        let enqueued = try await enqueue(
            job, id: id, delay: delay, at: date, priority: priority, maxAttempts: maxAttempts, queue: queue)
        do {
            return try await result(of: Kind.self, enqueued, timeout: timeout)
        } catch let error where cancelOnTimeout && (error is CancellationError || (error as? SluiceError)?.code == .timedOut) {
            // In a task of its own, which is not cancelled.
            await Task {
                guard (try? await store.call(CancelJobs([enqueued.id]), on: enqueued.queue)) != nil else { return }
                await relay.relay(enqueued.queue)
            }.value
            throw error
        }
    }

    /// Waits for the end of a job, wherever it is: first where it waits for the job before it, then in its queue.
    private func end(of job: Enqueued, timeout: Duration?) async throws -> Await.Standing {
        let deadline = EndWaiters<QueueName, JobEnds>.deadline(timeout)
        if let origin = job.origin {
            let standing = try await jobEnds.end(of: job.id, at: origin.validated(), by: deadline)
            if standing != .missing { return standing }
        }
        return try await jobEnds.end(of: job.id, at: job.queue.validated(), by: deadline)
    }

    private func output<Kind: Job>(
        of kind: Kind.Type, _ job: Enqueued, _ result: [UInt8]
    ) throws(SluiceError) -> Kind.Output {
        if result.isEmpty {
            if let none = NoOutput() as? Kind.Output { return none }
            throw SluiceError(
                .resultMissing,
                "the job \(job.id) has completed and kept no result: kinds keep it whose options say keepsResult: true")
        }
        let plain = try options.payload.opened(
            result, as: .output(job.id), mustBeSealed: Kind.options.isEncrypted, "the result of the job \(job.id)")
        do {
            return try JSONDecoder().decode(Kind.Output.self, from: Data(plain))
        } catch {
            throw SluiceError(.resultMissing, "the result of the job \(job.id) is no \(Kind.Output.self): \(error)")
        }
    }
}
