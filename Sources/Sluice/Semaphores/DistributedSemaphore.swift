import SluiceCore

/// Limits how many permits are held at a time by all processes that use the same name, in or outside jobs.
///
/// ```swift
/// try await sluice.semaphore("gpu", limit: 4).withPermit { permit in
///     try await render(fence: permit.fence)
/// }
/// ```
/// Permits are granted in the order of the requests. Waiting does not poll; a thousand waiting tasks of a process share one
/// connection. A permit is free again when its closure ends, in whatever way. When its process dies, the permit is free at the
/// end of the lease, which is renewed three times as often as needed while the closure runs.
///
/// A lease counts by Redis' clock, and only while Redis can be called. After an outage all holders have five seconds to come
/// back; a later holder keeps the permit if it was not granted to another one. A process that was suspended for longer than its
/// lease, or was cut off alone, may have lost its permit. Its closure is cancelled as soon as the process can know, and until
/// then the ``Permit/fence`` tells the two holders apart.
public struct DistributedSemaphore: Sendable {
    /// The name, which with the client's namespace identifies the semaphore.
    public let name: String
    /// The number of permits. If callers differ, the latest request decides; no permit is taken away for it.
    public let limit: Int
    /// How long a permit outlives its holder's process.
    public let lease: Duration

    let hub: SemaphoreClients

    /// Waits for a permit, runs the closure with it, and gives it back.
    ///
    /// - Parameter timeout: How long to wait for the permit. Zero waits only for Redis' answer; nil waits until the task is
    ///   cancelled.
    /// - Returns: The result of the closure. The permit was held throughout, unless Redis could not be reached at the end.
    /// - Throws: The error of the closure; `timedOut` if no permit was free in time; `CancellationError` if the task was
    ///   cancelled while it waited; `invalidArgument`; or, after the client's patience, the error of the call to Redis. In all
    ///   these cases no permit is held. `fenced`, once the closure has ended, if the permit was lost while it ran, whatever the
    ///   closure returned.
    public func withPermit<Output: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @concurrent @Sendable (Permit) async throws -> Output
    ) async throws -> Output {
        try check()
        try Task.checkCancellation()
        let held = try await hub.acquire(name, .init(limit: limit, lease: lease), timeout: timeout)
        let (result, isLost) = await run(body, held)
        if isLost { throw lost }
        if await hub.release(held) == false { throw lost }
        return try result.get()
    }

    /// Waits for a permit, runs a closure that does not need its fence, and gives it back.
    ///
    /// - Parameter timeout: How long to wait for the permit, as for the closure that takes the permit.
    /// - Returns: The result of the closure.
    /// - Throws: The same errors as for the closure that takes the permit.
    public func withPermit<Output: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @concurrent @Sendable () async throws -> Output
    ) async throws -> Output {
        try await withPermit(timeout: timeout) { _ in try await body() }
    }

    private enum Event<Output: Sendable>: Sendable {
        case ended(Result<Output, any Error>)
        case lost, kept
    }

    /// Runs the closure until it ends; cancels it when the permit is lost.
    private func run<Output: Sendable>(
        _ body: @escaping @concurrent @Sendable (Permit) async throws -> Output, _ held: SemaphoreClients.Held
    ) async -> (result: Result<Output, any Error>, isLost: Bool) {
        let permit = Permit(semaphore: name, fence: held.fence)
        return await withTaskGroup(of: Event<Output>.self) { group in
            group.addTask {
                do { return .ended(.success(try await body(permit))) } catch { return .ended(.failure(error)) }
            }
            group.addTask {
                for await _ in held.losses { return .lost }
                return .kept
            }
            var result: Result<Output, any Error> = .failure(CancellationError())
            var isLost = false
            for await event in group {
                switch event {
                case .ended(let end): result = end
                case .lost: isLost = true
                case .kept: continue
                }
                group.cancelAll()
            }
            return (result, isLost)
        }
    }

    private var lost: SluiceError {
        SluiceError(.fenced, "the permit of semaphore '\(name)' was lost while it was in use: its lease of \(lease) ended")
    }

    private func check() throws(SluiceError) {
        try checkName(name, of: "semaphore")
        guard (1...1_000_000).contains(limit) else {
            throw SluiceError(.invalidArgument, "the limit of a semaphore is 1 to 1,000,000, not \(limit)")
        }
        guard lease >= .seconds(1), lease <= .seconds(86_400) else {
            throw SluiceError(.invalidArgument, "the lease of a permit is 1 s to 1 day, not \(lease)")
        }
    }
}

extension SluiceClient {
    /// A semaphore in this client's namespace. It needs no setup, and costs nothing until it is used.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - limit: The number of permits, 1 to 1,000,000.
    ///   - lease: How long a permit outlives its holder's process, 1 s to 1 day.
    public func semaphore(_ name: String, limit: Int, lease: Duration = .seconds(30)) -> DistributedSemaphore {
        DistributedSemaphore(name: name, limit: limit, lease: lease, hub: semaphores)
    }
}
