public import SluiceCore
package import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SluiceClient {
    /// Waits for a job to end, and returns its output. The client does not poll: Redis notifies it when the job ends, on one
    /// connection for all waits of this client. After a lost connection or a restart of Redis the client asks again.
    ///
    /// The kind has to keep its results (``JobOptions/keepsResult``), unless it has no output. A result is kept for at least an
    /// hour, and so is a job whose end was waited for.
    /// - Parameters:
    ///   - job: the handle that an enqueue returned, or `Enqueued(Render.self, id: id)`.
    ///   - timeout: how long to wait, by this host's clock; nil waits without end. The first answer of Redis may take as long as that
    ///     of any call.
    /// - Throws: ``JobFailed``, with the last error, if the job was cancelled or discarded. ``SluiceError``: `timedOut`, whose
    ///   message tells if Redis was away when the time was over; `jobUnknown` if the job is not in its queue; `resultMissing` if
    ///   the result was not kept or is of another type; `undecryptable`; any error of Redis that is not transient.
    ///   `CancellationError` if the task is cancelled.
    public func result<Kind: Job>(of job: Enqueued<Kind>, timeout: Duration? = nil) async throws -> Kind.Output {
        switch try await end(of: job.handle, timeout: timeout) {
        case .completed(let result): return try output(of: job, result)
        case .failed(let state, let line): throw JobFailed(job.handle, state, line: line)
        case .missing, .underWay:
            throw SluiceError(
                .jobUnknown, "the job \(job.id) is not in queue \(job.queue): it never was, was deleted, or ended too long ago")
        }
    }

    /// Enqueues a job, waits for it to end, and returns its output, like a call of its handler.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait, by this host's clock, counted from the enqueue.
    ///   - cancelOnTimeout: whether the job is cancelled when the timeout passes or the waiting task is cancelled. The Swift
    ///     task of a run under way is cancelled.
    ///   - configure: sets options that differ from the kind's.
    /// - Throws: The errors of `enqueue` and of `result`.
    public func enqueueAndWait<Kind: Job>(
        _ job: Kind, timeout: Duration, cancelOnTimeout: Bool = false, _ configure: (inout JobRequest) -> Void = { _ in }
    ) async throws -> Kind.Output {
        let enqueued = try await enqueue(job, configure)
        do {
            return try await result(of: enqueued, timeout: timeout)
        } catch let error where cancelOnTimeout && (error is CancellationError || (error as? SluiceError)?.code == .timedOut) {
            // A separate task, since this one is cancelled.
            await Task {
                guard (try? await store.call(ChangeJobs(.cancel, [enqueued.id]), on: enqueued.queue)) != nil else { return }
                await relay.relay(enqueued.queue)
            }.value
            throw error
        }
    }

    /// Waits for the end of a job: first where the job waits for its parent, then in its own queue.
    package func end(of job: JobHandle, timeout: Duration?) async throws -> Await.Standing {
        let deadline = EndWaiters<QueueName, JobEnds>.deadline(timeout)
        let id = try job.id.validated()
        if let origin = job.origin {
            let standing = try await jobEnds.end(of: id, at: origin.validated(), by: deadline)
            if standing != .missing { return standing }
        }
        return try await jobEnds.end(of: id, at: job.queue.validated(), by: deadline)
    }

    private func output<Kind: Job>(of job: Enqueued<Kind>, _ result: [UInt8]) throws(SluiceError) -> Kind.Output {
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
