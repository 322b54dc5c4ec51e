import SluiceCore
import SluiceStore

/// At most so many in any span of time, over all processes that use the same name, in or outside jobs.
///
/// ```swift
/// let tmdb = sluice.rateLimiter("tmdb", 20, per: .seconds(1))
/// try await tmdb.acquire()
/// ```
/// The bound is strict: it holds for *every* window of the period, wherever it begins, not for calendar seconds alone, by Redis'
/// clock. Redis reserves the next place in time and tells how long it is until then, so nobody polls and everybody is served in
/// order. The window is a little wider than the period, by ``margin``, since a call follows its place by a moment which is not
/// always the same.
public struct RateLimiter: Sendable {
    /// Its name, which with the client's namespace is its identity.
    public let name: String
    /// How many there may be in a period. Where callers differ, each place is given by the terms of who asks for it.
    public let allowance: Int
    /// The length of the window.
    public let period: Duration
    /// By how much the window is wider than the period.
    public let margin: Duration

    let store: Store
    let patience: Duration

    /// Waits for the next place.
    ///
    /// - Parameter timeout: If the place is later than that, nothing is taken. Nil for as long as it takes.
    /// - Throws: `timedOut`, at once, if the place is later than the timeout; `CancellationError`, and the place goes to the next who
    ///   asks before its time; `invalidArgument`; or why Redis could not be asked, after the client's patience.
    public func acquire(timeout: Duration? = nil) async throws {
        switch try await take(timeout) {
        case .taken: return
        case .refused(let wait):
            throw SluiceError(.timedOut, "the next place of rate limiter '\(name)' comes only in \(wait)")
        }
    }

    /// Takes a place if there is one now.
    ///
    /// - Returns: False if there is none; nothing is taken then.
    /// - Throws: As ``acquire(timeout:)``, but not `timedOut`.
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

    /// Asks, and repeats a call that was cut off: of a place that is to come, the server then tells the same. Even a caller who does
    /// not want to wait gets an answer.
    private func reserve(_ id: String, until end: ContinuousClock.Instant?) async throws -> TakePlace.Reply {
        let give = ContinuousClock.now + patience
        var failures = 0
        while true {
            let left = end.map { max($0 - .now, .zero) }
            let take = TakePlace(id: id, allowance: allowance, period: period, margin: margin, patience: left)
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
        guard (1...1_000_000_000).contains(allowance) else {
            throw SluiceError(.invalidArgument, "the allowance of a rate limiter is 1 to 1,000,000,000, not \(allowance)")
        }
        guard period >= .milliseconds(1), period <= .seconds(31 * 86_400) else {
            throw SluiceError(.invalidArgument, "the period of a rate limiter is 1 ms to 31 days, not \(period)")
        }
        guard margin >= .zero, margin <= period else {
            throw SluiceError(.invalidArgument, "the guard of a rate limiter is at most its period, not \(margin)")
        }
    }
}

extension SluiceClient {
    /// A rate limiter of this client's namespace. It costs nothing until it is used, and its traces in Redis expire.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - allowance: How many in a period, 1 to 1,000,000,000. Above 1,000 they are counted in groups, by which up to a thousandth
    ///     of the allowance may go unused.
    ///   - period: 1 ms to 31 days.
    ///   - margin: By how much longer than the period the window is; 3 % of it, and at least 1 ms, unless given.
    public func rateLimiter(
        _ name: String, _ allowance: Int, per period: Duration, guard margin: Duration? = nil
    ) -> RateLimiter {
        RateLimiter(
            name: name, allowance: allowance, period: period, margin: margin ?? max(period * 0.03, .milliseconds(1)),
            store: store, patience: options.patience)
    }
}
