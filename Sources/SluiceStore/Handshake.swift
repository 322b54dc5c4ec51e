import Hiredis
import Logging
import SluiceLua

/// The reason why a server cannot be used, in place of a Redis error code.
enum HandshakeRefusal: String {
    case foreignLibrary = "FOREIGNLIBRARY"
    case newerLibrary = "NEWERLIBRARY"
    case oldServer = "OLDSERVER"
}

/// Ensures on each new connection that the server has the function library, in this program's revision or a newer one. Each
/// primary of a cluster has functions of its own; replicas get them with the data.
///
/// It loads the library if there is none, and replaces it only if it is older and not pinned. A server without persistence loses
/// its functions at a restart, so the check runs after every reconnection.
struct Handshake: Sendable {
    /// Sends a command: ahead of all others on a new connection, or among them on one in use.
    typealias Send = (RedisCommand) async throws(RedisError) -> RedisReply

    private let revision: Int
    private let logger: Logger

    /// - Parameter revision: The revision of this program's library.
    init(revision: Int, logger: Logger) {
        self.revision = revision
        self.logger = logger
    }

    func run(_ send: Send) async throws(RedisError) {
        if try await version(send).map(isEnough) ?? false { return }
        try await checkServer(send)
        try await load(send)
        guard let found = try await version(send) else {
            throw refusal(
                .foreignLibrary, "the function library 'sluice' was loaded and has vanished: another program may flush functions")
        }
        if found.revision < revision, !found.isPinned {
            throw refusal(.newerLibrary, "the function library of revision \(found.revision) could not be replaced")
        }
    }

    private func isEnough(_ found: LibraryVersion) -> Bool {
        found.revision >= revision || found.isPinned
    }

    /// The library on the server; nil if there is none of this protocol.
    private func version(_ send: Send) async throws(RedisError) -> LibraryVersion? {
        do {
            return LibraryVersion(try await send(["FCALL_RO", "sluice1_version", "0"]).root)
        } catch {
            guard case .server(let reply) = error else { throw error }
            if reply.isMissingFunction { return nil }
            if reply.message.hasPrefix("unknown command") {
                throw refusal(.oldServer, "this server has no functions: Redis 7 or later, or Valkey, is needed")
            }
            throw error
        }
    }

    /// Rejects a server whose library speaks a newer protocol.
    private func checkServer(_ send: Send) async throws(RedisError) {
        let found: LibraryVersion?
        do {
            found = LibraryVersion(try await send(["FCALL_RO", "sluice_version", "0"]).root)
        } catch {
            guard case .server(let reply) = error, reply.isMissingFunction else { throw error }
            return
        }
        if let found, found.protocolVersion > FunctionLibrary.protocolVersion {
            throw refusal(
                .newerLibrary,
                "the function library on the server speaks protocol \(found.protocolVersion), "
                    + "this program \(FunctionLibrary.protocolVersion): upgrade this program")
        }
    }

    private func load(_ send: Send) async throws(RedisError) {
        let hadOwn = try await version(send) != nil
        let replace = hadOwn ? ["REPLACE"] : []
        do {
            _ = try await send(RedisCommand(["FUNCTION", "LOAD"] + replace + [FunctionLibrary.text(revision: revision)]))
            logger.info("loaded the function library", metadata: ["revision": "\(revision)"])
        } catch {
            // A node that is no primary any more says READONLY: the connection is refused, and the primary is looked for again.
            guard case .server(let reply) = error, reply.code != "READONLY" else { throw error }
            try await explain(reply, send)
        }
    }

    /// Explains a failed load. If no other client has loaded the library meanwhile, a foreign library or a missing permission is
    /// the cause.
    private func explain(_ reply: RedisServerError, _ send: Send) async throws(RedisError) {
        if reply.message.contains("already exists") {
            if try await version(send) != nil { return }
            throw refusal(
                .foreignLibrary,
                "a function library named 'sluice' that is not Sluice's is on this server: "
                    + "remove it (FUNCTION DELETE sluice) or use another server")
        }
        if reply.code == "NOPERM" {
            throw .server(
                RedisServerError(
                    code: "NOPERM",
                    message: "the function library is missing or old, and this user may not load it; "
                        + "an administrator can: sluice library load"))
        }
        throw .server(reply)
    }

    private func refusal(_ refusal: HandshakeRefusal, _ message: String) -> RedisError {
        .server(RedisServerError(code: refusal.rawValue, message: message))
    }
}

extension RedisServerError {
    /// Whether the call failed because the server has no such function.
    var isMissingFunction: Bool { Self.isMissingFunction(message) }

    static func isMissingFunction(_ message: String) -> Bool { message.contains("Function not found") }
}
