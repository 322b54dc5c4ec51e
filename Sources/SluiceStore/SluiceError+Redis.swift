import Hiredis
import SluiceCore

extension SluiceError {
    /// Maps the error of a failed command to one for users of the queue.
    init(_ error: RedisError) {
        switch error {
        case .unreachable(let reason) where reason.hasSuffix(HandshakeStep.crowded):
            self.init(.unavailable, "Redis takes no more connections: \(reason). Close some, or raise maxclients.")
        case .unreachable: self.init(.unreachable, error.description)
        case .lost, .timedOut: self.init(.outcomeUnknown, error.description)
        case .protocolViolation: self.init(.protocolViolation, error.description)
        // User and password are not to blame.
        case .refused(let reason) where reason.contains(MapAnswer.noCluster): self.init(.protocolViolation, reason)
        case .refused(let reason) where reason.contains("CLUSTER SHARDS: NOPERM "):
            self.init(.permission, "\(error). Give this user the rights that the article Security of Sluice lists.")
        case .refused: self.init(.authentication, error.description)
        case .closed: self.init(.closed, error.description)
        case .server(let reply): self.init(reply)
        }
    }

    /// Maps an error reply.
    init(_ reply: RedisServerError) {
        switch reply.code {
        case "FENCED": self.init(.fenced, reply.message)
        case "STALE", "LATE": self.init(.stale, reply.message)
        case "ENDED", "MISSING": self.init(.batchEnded, reply.message)
        case "TOOLARGE": self.init(.payloadTooLarge, reply.message)
        case "NOQUEUE": self = .unknownQueue(reply.message)
        case "BADARG", "BADKEY": self.init(.invalidArgument, reply.message)
        case "FORMAT", HandshakeRefusal.newerLibrary.rawValue: self.init(.newerVersion, reply.message)
        case HandshakeRefusal.foreignLibrary.rawValue: self.init(.foreignLibrary, reply.message)
        case HandshakeRefusal.oldServer.rawValue: self.init(.serverTooOld, reply.message)
        case "NOAUTH", "WRONGPASS": self.init(.authentication, "Redis refused: \(reply.message)")
        case "NOPERM":
            self.init(
                .permission,
                "the Redis user lacks a permission: \(reply.clause). Give it the rights that the article Security of Sluice lists."
            )
        case "OOM":
            self.init(
                .outOfMemory, "Redis is at its memory limit and takes no new jobs: \(reply.clause). Raise maxmemory or drain.")
        case "READONLY": self.init(.readOnly, "this Redis is a replica and takes no writes: connect to the primary")
        case "MOVED":
            self.init(
                .unavailable,
                "this Redis is a node of a cluster, and the key is on another one: if that does not pass, the URL has to begin "
                    + "with redis+cluster:// or rediss+cluster://")
        case "MISCONF", "LOADING", "NOREPLICAS", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "ASK", "MOVING", "UNBLOCKED":
            self.init(.unavailable, "Redis refuses for now (\(reply.code)): \(reply.message)")
        default: self.init(.server, "Redis answered: \(reply.code) \(reply.message)")
        }
    }
}

extension RedisServerError {
    /// The message without a full stop at its end, for use inside a sentence.
    fileprivate var clause: String { message.hasSuffix(".") ? String(message.dropLast()) : message }
}
