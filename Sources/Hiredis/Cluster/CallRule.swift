/// What an error of a call to a node of a cluster means for the call: one rule for each kind of error.
///
/// | error | executed? | the call | the map |
/// |---|---|---|---|
/// | `MOVED` | no | goes to the node named, at once; after the first time with backoff | is corrected and asked for |
/// | `MOVED` to the node itself, or to none | no | waits with backoff | is asked for |
/// | `ASK` | no | waits with backoff until the slot has arrived; never follows | stays |
/// | `TRYAGAIN`, `NOREPLICAS` | no | waits with backoff | stays |
/// | `CLUSTERDOWN`, `LOADING`, `MASTERDOWN`, `MOVING` (our functions on a node that gets the slot), `UNBLOCKED` | no | waits with backoff | is asked for |
/// | `READONLY` | no | waits with backoff; all connections to the node are dropped | is asked for |
/// | the node's connection was given up before the call was sent | no | goes to the slot's node | stays |
/// | unreachable, which "max number of clients" is as well | no | goes to the slot's node once more if the next map has another | is asked for |
/// | lost, timed out, broken protocol | unknown | throws | is asked for |
/// | any other answer; refused | no, or as it says | throws | stays |
///
/// A call that waits is repeated until its timeout, and then throws its last error. So a command is executed at most once.
enum CallRule: Equatable, Sendable {
    case follow(slot: Int, RedisEndpoint)
    /// `slot` is on its way to another node.
    case held(slot: Int)
    case wait(asksForMap: Bool)
    case wrongRole
    case reroute
    case unreachable
    case unknownOutcome
    case thrown

    /// - Parameter asked: The node that gave the error. A redirect without a host means the same host.
    init(_ error: RedisError, from asked: RedisEndpoint) {
        switch error {
        case .server(let reply): self.init(reply, from: asked)
        case .unreachable: self = .unreachable
        case .lost, .timedOut, .protocolViolation: self = .unknownOutcome
        case .closed: self = .reroute
        case .refused: self = .thrown
        }
    }

    private init(_ reply: RedisServerError, from asked: RedisEndpoint) {
        switch reply.code {
        case "MOVED":
            guard let (slot, target) = Self.redirect(reply.message, from: asked), target != asked else {
                self = .wait(asksForMap: true)
                return
            }
            self = .follow(slot: slot, target)
        case "ASK": self = Self.redirect(reply.message, from: asked).map { .held(slot: $0.slot) } ?? .wait(asksForMap: false)
        case "TRYAGAIN", "NOREPLICAS": self = .wait(asksForMap: false)
        case "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MOVING", "UNBLOCKED": self = .wait(asksForMap: true)
        case "READONLY": self = .wrongRole
        default: self = .thrown
        }
    }

    /// Reads `3999 127.0.0.1:6381`. The host may be an IPv6 address without brackets, a name, or empty.
    private static func redirect(_ text: String, from asked: RedisEndpoint) -> (slot: Int, target: RedisEndpoint)? {
        let words = text.split(separator: " ")
        guard words.count >= 2, let slot = Int(words[0]), (0..<HashSlot.count).contains(slot),
            let colon = words[1].lastIndex(of: ":"), let port = UInt16(words[1][words[1].index(after: colon)...]), port > 0
        else { return nil }
        let host = words[1][..<colon]
        switch (host, asked) {
        case ("?", _): return (slot, asked)
        case ("", .tcp(let same, _)): return (slot, .tcp(host: same, port: Int(port)))
        case ("", .unix): return (slot, asked)
        default: return (slot, .tcp(host: host.trimming("[", "]"), port: Int(port)))
        }
    }
}

extension Substring {
    fileprivate func trimming(_ open: Character, _ close: Character) -> String {
        first == open && last == close ? String(dropFirst().dropLast()) : String(self)
    }
}
