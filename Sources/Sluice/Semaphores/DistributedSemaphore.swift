import SluiceCore

/// At most so many at a time, over all processes that use the same name, in or outside jobs.
///
/// ```swift
/// try await sluice.semaphore("gpu", limit: 4).withPermit { permit in
///     try await render(fence: permit.fence)
/// }
/// ```
/// Permits are given in the order in which they were asked for. Whoever waits does not poll; a thousand tasks of a process wait on
/// one connection. A permit is free again when its closure ends, however, and when its process dies: at the end of the lease, which
/// is renewed three times as often as needed while the closure runs.
///
/// A lease counts by Redis' clock, and only while Redis can be called: after an outage, all holders have five seconds to come back,
/// and whoever comes later keeps the permit if nobody else was given it. A process that stood still for longer than its
/// lease, or was cut off alone, may have lost its permit: its closure is cancelled as soon as it can know, and until then
/// the ``Permit/fence`` tells the two holders apart.
public struct DistributedSemaphore: Sendable {
    /// Its name, which with the client's namespace is its identity.
    public let name: String
    /// How many permits there are. Where callers differ, the one who asked last decides; no permit is taken away for it.
    public let limit: Int
    /// How long a permit outlives its holder.
    public let lease: Duration

    let hub: SemaphoreClients

    /// Waits for a permit, runs the closure with it, and gives it back.
    ///
    /// - Parameter timeout: How long to wait for the permit; zero waits for nothing but Redis' answer. Nil waits until the task is
    ///   cancelled.
    /// - Returns: What the closure returns. The permit was held all the while, unless Redis could not be reached at the end.
    /// - Throws: What the closure throws; `timedOut` if there was no permit in time; `CancellationError` if the task was cancelled
    ///   while it waited; `invalidArgument`; or why Redis could not be asked, after the client's patience. In all these cases
    ///   no permit is held. `fenced`, once the closure has ended, if the permit was lost while it ran, whatever it returned.
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

    /// Waits for a permit, runs a closure that does not look at it, and gives it back.
    ///
    /// - Parameter timeout: As for the closure that takes the permit; so are the errors.
    /// - Returns: What the closure returns.
    public func withPermit<Output: Sendable>(
        timeout: Duration? = nil, _ body: @escaping @concurrent @Sendable () async throws -> Output
    ) async throws -> Output {
        try await withPermit(timeout: timeout) { _ in try await body() }
    }

    private enum Event<Output: Sendable>: Sendable {
        case ended(Result<Output, any Error>)
        case lost, kept
    }

    /// Runs the closure until it ends, cancelling it when the permit is lost.
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
    /// A semaphore of this client's namespace. It costs nothing until it is used, and nothing has to be created.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - limit: Permits at a time, 1 to 1,000,000.
    ///   - lease: How long a permit outlives its holder, 1 s to 1 day.
    public func semaphore(_ name: String, limit: Int, lease: Duration = .seconds(30)) -> DistributedSemaphore {
        DistributedSemaphore(name: name, limit: limit, lease: lease, hub: semaphores)
    }
}
