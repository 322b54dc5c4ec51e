import NIOCore

/// How far a call has come that did not succeed at once.
struct CallProgress: Sendable {
    let slot: Int
    let deadline: NIODeadline
    private(set) var redirects = 0
    private(set) var waits = 0
    /// Whether the call was repeated after an unreachable node. That happens once.
    private(set) var hasChangedNode = false
    /// Whether a part of the time has passed before the first attempt.
    private var hasWaitedForMap = false

    /// The pauses double from 20 ms to half a second: a slot is moved, or a replica elected, in about that.
    private static let backoff = Backoff(first: .milliseconds(20), cap: .milliseconds(500))

    init(slot: Int, deadline: NIODeadline) {
        self.slot = slot
        self.deadline = deadline
    }

    /// The timeout of the next attempt: what is left of the whole, yet at least a second of it. An attempt that times out closes
    /// its connection, with the calls of others.
    func timeout(of whole: Duration, now: @autoclosure () -> NIODeadline) -> Duration {
        guard redirects + waits > 0 || hasChangedNode || hasWaitedForMap else { return whole }
        return max(.nanoseconds((deadline - now()).nanoseconds), min(whole, .seconds(1)))
    }

    /// The call had to wait for the first map.
    mutating func waitedForMap() { hasWaitedForMap = true }

    /// What the call does next.
    enum Step: Equatable, Sendable {
        /// It throws the error.
        case fail
        /// It goes to the node that the slot then has.
        case again(after: Duration)
        /// When the map was asked for: it goes to the slot's node if that is another one than before, else it throws the error.
        case afterMap
    }

    mutating func next(after rule: CallRule, now: NIODeadline, random: Double) -> Step {
        guard now < deadline else { return .fail }
        switch rule {
        case .thrown, .unknownOutcome: return .fail
        case .follow, .reroute:
            redirects += 1
            return redirects == 1 ? .again(after: .zero) : pause(now, random)
        case .held, .wait, .wrongRole: return pause(now, random)
        case .unreachable:
            if hasChangedNode { return .fail }
            hasChangedNode = true
            return .afterMap
        }
    }

    /// Waits with backoff. Fails at once if the wait would end behind the deadline.
    mutating func pause(_ now: NIODeadline, _ random: Double) -> Step {
        waits += 1
        let delay = Self.backoff.delay(failures: waits, random: random)
        return now + TimeAmount(limiting: delay) < deadline ? .again(after: delay) : .fail
    }
}
