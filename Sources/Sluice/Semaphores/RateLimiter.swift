import SluiceCore
import SluiceStore

/// Limits how many calls start in any span of time, over all processes that use the same name, in or outside jobs.
///
/// ```swift
/// let tmdb = sluice.rateLimiter("tmdb", limit: 20, per: .seconds(1))
/// try await tmdb.acquire()
/// ```
/// The bound is strict. It holds for *every* window of the period, wherever it begins, by Redis' clock, and not only for calendar
/// seconds. Redis reserves the next place in time and replies with the wait until then, so callers do not poll and are served in
/// order. The window exceeds the period by ``margin``, since the delay between a place and its call varies.
public struct RateLimiter: Sendable {
    /// The name, which with the client's namespace identifies the limiter.
    public let name: String
    /// The number of places in a period. If callers differ, each place follows the terms of its own request.
    public let limit: Int
    /// The length of the period.
    public let period: Duration
    /// By how much the window exceeds the period.
    public let margin: Duration

    let store: Store
    let patience: Duration

    /// Waits for the next place.
    ///
    /// - Parameter timeout: The longest wait. If the place is later, nothing is reserved. Nil waits without bound.
    /// - Throws: `timedOut`, at once, if the place is later than the timeout; `CancellationError` if the task is cancelled, and the
    ///   place goes to the next request, if one comes before the time of the place; `invalidArgument`; or, after the client's
    ///   patience, the error of the call to Redis.
    public func acquire(timeout: Duration? = nil) async throws {
        switch try await take(timeout) {
        case .taken: return
        case .refused(let wait):
            throw SluiceError(.timedOut, "the next place of rate limiter '\(name)' comes only in \(wait)")
        }
    }

    /// Takes a place if one is free now.
    ///
    /// - Returns: False if no place is free; nothing is reserved then.
    /// - Throws: The errors of ``acquire(timeout:)`` except `timedOut`.
    public func tryAcquire() async throws -> Bool {
        switch try await take(.zero) {
        case .taken: true
        case .refused: false
        }
    }

    /// Returns when the place has come, or at once if it was refused.
    private func take(_ timeout: Duration?) async throws -> TakePlace.Reply {
        try check()
        try Task.checkCancellation()
        let end = timeout.map { ContinuousClock.now + max($0, .zero) }
        let id = "\(UInt64.random(in: .min ... .max))"
        let reply = try await reserve(id, until: end)
        guard case .taken(let wait) = reply else { return reply }
        do {
            // Rounded up, since a place must not be used before its time.
            if wait > .zero { try await Task.sleep(for: wait + .microseconds(1), clock: .continuous) }
            try Task.checkCancellation()
        } catch {
            if wait > .zero { _ = try? await store.call(ReturnPlace(id: id), limiter: name) }
            throw error
        }
        return reply
    }

    /// Reserves a place, and repeats a call that was cut off: for a place still to come, the server then gives the same answer. A
    /// caller with a zero timeout gets an answer, too.
    private func reserve(_ id: String, until end: ContinuousClock.Instant?) async throws -> TakePlace.Reply {
        let give = ContinuousClock.now + patience
        var failures = 0
        while true {
            let left = end.map { max($0 - .now, .zero) }
            let take = TakePlace(id: id, allowance: limit, period: period, margin: margin, patience: left)
            let wait: Duration
            do throws(SluiceError) {
                return try await store.call(take, limiter: name)
            } catch {
                failures += 1
                wait = backoff(after: failures, from: .milliseconds(20), upTo: .seconds(1))
                let next = ContinuousClock.now + wait
                guard error.isTransient, next < give, end.map({ next < $0 + SemaphoreClients.answer }) ?? true else {
                    throw error
                }
            }
            try await Task.sleep(for: wait, clock: .continuous)
        }
    }

    private func check() throws(SluiceError) {
        try checkName(name, of: "rate limiter")
        guard (1...1_000_000_000).contains(limit) else {
            throw SluiceError(.invalidArgument, "the limit of a rate limiter is 1 to 1,000,000,000, not \(limit)")
        }
        guard period >= .milliseconds(1), period <= .seconds(31 * 86_400) else {
            throw SluiceError(.invalidArgument, "the period of a rate limiter is 1 ms to 31 days, not \(period)")
        }
        guard margin >= .zero, margin <= period else {
            throw SluiceError(.invalidArgument, "the margin of a rate limiter is at most its period, not \(margin)")
        }
    }
}

extension SluiceClient {
    /// A rate limiter in this client's namespace. It costs nothing until it is used, and its data in Redis expires.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - limit: The number of places in a period, 1 to 1,000,000,000. Above 1,000, places are counted in groups, so up to a
    ///     thousandth of the limit may go unused.
    ///   - period: The length of the period, 1 ms to 31 days.
    ///   - margin: By how much the window exceeds the period, at most by the period. Nil for 3 % of the period, and at least 1
    ///     ms.
    public func rateLimiter(
        _ name: String, limit: Int, per period: Duration, margin: Duration? = nil
    ) -> RateLimiter {
        RateLimiter(
            name: name, limit: limit, period: period, margin: margin ?? max(period * 0.03, .milliseconds(1)),
            store: store, patience: options.patience)
    }
}
