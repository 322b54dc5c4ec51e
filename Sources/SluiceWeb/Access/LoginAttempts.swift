import Synchronization

/// Bounds the attempts to log in, and the checks at once, because each takes 32 MiB and 0.1 s of a processor.
///
/// In ten minutes ten wrong passwords are taken for a name from one address, and a hundred for a name and from an address. So a
/// stranger cannot easily lock out a user, or all users of a proxy, which have its address.
final class LoginAttempts: Sendable {
    static let most = 10
    static let mostInAll = 100
    private static let span = Duration.seconds(600)
    private static let mostChecks = 4
    private static let mostKeys = 10_000

    private struct State {
        var failures: [String: [ContinuousClock.Instant]] = [:]
        var checks = 0
    }

    private let state = Mutex(State())

    /// Who tries to log in.
    struct Attempt: Sendable {
        var name: String
        var address: String

        fileprivate var pair: String { "\(name) \(address)" }
        fileprivate var bounds: [(key: String, most: Int)] {
            [
                (pair, LoginAttempts.most), ("name \(name)", LoginAttempts.mostInAll),
                ("address \(address)", LoginAttempts.mostInAll),
            ]
        }
    }

    /// Begins a check. Returns nil if it may begin, and otherwise how long to wait: there were too many wrong ones, or too many
    /// are under way.
    func begin(_ attempt: Attempt, at now: ContinuousClock.Instant = .now) -> Duration? {
        state.withLock { state in
            guard state.checks < Self.mostChecks else { return .seconds(1) }
            for (key, most) in attempt.bounds {
                let recent = state.failures[key, default: []].filter { now - $0 < Self.span }
                if recent.count >= most { return Self.span - (now - recent[recent.count - most]) }
            }
            state.checks += 1
            return nil
        }
    }

    /// Ends a check. A right password forgives the wrong ones for the same name from the same address.
    func end(_ attempt: Attempt, isRight: Bool, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.checks -= 1
            if isRight {
                state.failures[attempt.pair] = nil
                return
            }
            if state.failures.count > Self.mostKeys {
                state.failures = state.failures.filter { $0.value.contains { now - $0 < Self.span } }
            }
            for (key, most) in attempt.bounds {
                state.failures[key, default: []] = (state.failures[key, default: []] + [now]).suffix(most)
            }
        }
    }
}
