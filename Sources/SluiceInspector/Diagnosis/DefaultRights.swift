import Hiredis
import SluiceCore
import SluiceStore

/// The rights of the user `default`, as whom Redis repeats its append-only file when it starts. What functions wrote stands there in
/// transactions, and of these Redis leaves out what the user may not do, without an error.
enum DefaultRights: Sendable, Hashable {
    /// There is no append-only file.
    case notAsked
    /// The user of this connection may not ask.
    case unseen(String)
    case enough
    /// What the user lacks, as Redis tells it.
    case lacking(String)

    /// Commands that functions write with.
    private static func probes(_ key: String) -> [[String]] {
        [
            ["HSET", key, "f", "v"], ["HDEL", key, "f"], ["HINCRBY", key, "f", "1"], ["ZADD", key, "1", "m"], ["ZREM", key, "m"],
            ["SADD", key, "m"], ["SREM", key, "m"], ["RPUSH", key, "v"], ["LPOP", key], ["SET", key, "v"], ["DEL", key],
            ["PEXPIRE", key, "1"], ["XADD", key, "*", "f", "v"],
        ]
    }

    /// Asks the server, or a node of a cluster.
    init(_ store: Store, node: RedisEndpoint? = nil) async throws(SluiceError) {
        do throws(SluiceError) {
            let refusal = try await store.refusal(of: "default", Self.probes(store.keys.base("queue") + ":x"), node: node)
            self = refusal.map(DefaultRights.lacking) ?? .enough
        } catch {
            // Managed servers remove ACL altogether.
            guard error.isForbidden || error.message.lowercased().contains("unknown") else { throw error }
            self = .unseen("this user may not call ACL DRYRUN")
        }
    }

    func examine(_ part: inout Diagnosis.Part, _ cures: CureText) {
        switch self {
        case .notAsked, .enough: break
        case .unseen(let why):
            part.unseen.append("whether the user default has the rights that a restart needs: \(why)")
        case .lacking(let refusal):
            part.add(
                .problem, "server.default_rights",
                "the user default lacks rights, and Redis repeats its append-only file as this user: at its next start it leaves out "
                    + "what functions wrote, and jobs are lost (\(refusal))",
                cure: cures.redis("ACL", "SETUSER", "default", "~*", "&*", "+@all")
                    + ", and the same in the ACL file; off without a password is what keeps others out")
        }
    }
}

extension SluiceError {
    /// Whether the user of the connection may not do it. Redis 7.0 tells of a function's command with a code of its own.
    var isForbidden: Bool {
        code == .permission || code == .server && message.contains("The user executing the script")
    }

    /// Why something was not seen, in a clause.
    var refusal: String {
        let reason = message.split(separator: ". Give it").first.map(String.init) ?? message
        return reason.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
