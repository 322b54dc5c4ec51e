import NIOCore

/// Asks for the map: one asker at a time, one node after the other, and never more often than the pauses let it.
///
/// A round asks the candidates in order. The next one is asked when one fails, or is slow. The first map ends the round.
struct MapRefresh: Sendable {
    enum State: Equatable, Sendable {
        /// To `scheduled` at a request.
        case idle
        /// To `asking` when the pause is over.
        case scheduled
        /// To `idle` with a map, when all candidates have failed, or when the round's time is over.
        case asking(round: Int)
    }

    /// A node is slow after this: the next one is asked as well.
    static let patience = Duration.milliseconds(250)
    /// After rounds that brought a map: at least 0.1 s, and up to 0.5 s while a node with slots stays out of reach.
    private static let pauses = Backoff(first: .milliseconds(200), cap: .milliseconds(500))
    /// After rounds that brought none.
    private static let failurePauses = Backoff(first: .milliseconds(200), cap: .seconds(2))

    private(set) var state = State.idle
    private var rounds = 0
    private var failures = 0
    private var troubledRounds = 0
    private var notBefore = NIODeadline.uptimeNanoseconds(0)
    private var candidates: [RedisEndpoint] = []
    private var rest: ArraySlice<RedisEndpoint> = []
    private var asked: Set<RedisEndpoint> = []
    private var reasons: [(endpoint: RedisEndpoint, error: RedisError)] = []

    /// The pause before the round that this request begins; nil if one is under way, which serves this request too.
    mutating func request(now: NIODeadline) -> Duration? {
        guard state == .idle else { return nil }
        state = .scheduled
        return max(.zero, Duration(notBefore - now))
    }

    /// Begins the round.
    /// - Parameter candidates: Whom to ask, the most promising first; not empty.
    mutating func begin(_ candidates: [RedisEndpoint]) -> (round: Int, first: RedisEndpoint?) {
        rounds += 1
        state = .asking(round: rounds)
        self.candidates = candidates
        (rest, asked, reasons) = (candidates[...], [], [])
        return (rounds, next(rounds))
    }

    /// The next candidate, when the last one is slow.
    mutating func next(_ round: Int) -> RedisEndpoint? {
        guard state == .asking(round: round), let endpoint = rest.popFirst() else { return nil }
        asked.insert(endpoint)
        return endpoint
    }

    enum Failure: Equatable {
        case ask(RedisEndpoint)
        case wait
        case giveUp(RedisError)
    }

    /// A candidate has failed.
    mutating func failed(
        _ round: Int, _ endpoint: RedisEndpoint, _ error: RedisError, now: NIODeadline, random: Double
    ) -> Failure {
        guard state == .asking(round: round), asked.remove(endpoint) != nil else { return .wait }
        reasons.append((endpoint, error))
        if let endpoint = next(round) { return .ask(endpoint) }
        guard asked.isEmpty else { return .wait }
        return .giveUp(giveUp(now: now, random: random))
    }

    /// The round's time is over.
    /// - Parameter hint: a possible reason for the silence of nodes.
    mutating func expired(_ round: Int, now: NIODeadline, random: Double, hint: String = "") -> RedisError? {
        guard state == .asking(round: round) else { return nil }
        addSilent(hint)
        return giveUp(now: now, random: random)
    }

    /// The error of a call that waits for the map no longer: what is known up to now.
    func unanswered(hint: String = "") -> RedisError {
        var known = self
        if case .asking = state { known.addSilent(hint) }
        if known.reasons.isEmpty { return .unreachable("no node of the Redis Cluster answers in time") }
        return Self.error(known.reasons)
    }

    private mutating func addSilent(_ hint: String) {
        let silent = candidates.filter { asked.contains($0) || rest.contains($0) }
        for endpoint in silent {
            reasons.append((endpoint, .unreachable("\(endpoint): no answer\(endpoint == silent.last ? hint : "")")))
        }
    }

    /// A map has come.
    /// - Returns: false if it is late.
    mutating func succeeded(_ round: Int, now: NIODeadline, random: Double) -> Bool {
        guard state == .asking(round: round) else { return false }
        failures = 0
        reasons = []
        end(now, Self.pauses.delay(failures: 1, random: random))
        return true
    }

    /// Lengthens the pause after a round that brought a map, and did not end the trouble.
    mutating func ended(inTrouble: Bool, now: NIODeadline, random: Double) {
        troubledRounds = inTrouble ? troubledRounds + 1 : 0
        guard state == .idle, failures == 0, inTrouble else { return }
        end(now, Self.pauses.delay(failures: troubledRounds, random: random))
    }

    private mutating func giveUp(now: NIODeadline, random: Double) -> RedisError {
        failures += 1
        end(now, Self.failurePauses.delay(failures: failures, random: random))
        return Self.error(reasons)
    }

    private mutating func end(_ now: NIODeadline, _ pause: Duration) {
        state = .idle
        notBefore = now + TimeAmount(limiting: pause)
    }

    /// A node that answers with a refusal tells more than those that are silent.
    private static func error(_ reasons: [(endpoint: RedisEndpoint, error: RedisError)]) -> RedisError {
        let refusal = reasons.lazy.map(\.error).first { error in
            if case .refused = error { true } else { false }
        }
        if let refusal { return refusal }
        let texts = reasons.map { reason in
            switch reason.error {
            case .unreachable(let text), .lost(let text), .protocolViolation(let text): text
            case .timedOut, .server, .refused, .closed: "\(reason.endpoint): \(reason.error)"
            }
        }
        return .unreachable("no node of the Redis Cluster answers: " + texts.joined(separator: "; "))
    }
}
