import Synchronization

/// Bounds the attempts to log in: ten wrong ones in ten minutes for a name or for an address, and few checks at once, because each
/// takes 32 MiB and 0.1 s of a processor.
final class LoginAttempts: Sendable {
    static let most = 10
    private static let span = Duration.seconds(600)
    private static let mostChecks = 4
    private static let mostKeys = 10_000

    private struct State {
        var failures: [String: [ContinuousClock.Instant]] = [:]
        var checks = 0
    }

    private let state = Mutex(State())

    /// Begins a check; false if there were too many wrong ones, or if too many are under way.
    func begin(_ keys: [String], at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            guard state.checks < Self.mostChecks else { return false }
            for key in keys where state.failures[key, default: []].count(where: { now - $0 < Self.span }) >= Self.most {
                return false
            }
            state.checks += 1
            return true
        }
    }

    /// Ends a check. A right password forgives the wrong ones before it for the same name.
    func end(_ keys: [String], isRight: Bool, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.checks -= 1
            if isRight {
                for key in keys { state.failures[key] = nil }
                return
            }
            if state.failures.count > Self.mostKeys {
                state.failures = state.failures.filter { $0.value.contains { now - $0 < Self.span } }
            }
            for key in keys { state.failures[key, default: []] = (state.failures[key, default: []] + [now]).suffix(Self.most) }
        }
    }
}
