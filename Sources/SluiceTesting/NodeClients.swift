import Hiredis
import SluiceEmbedded

/// Connections to each primary of a test server, for what a test does behind the back of the library.
final class NodeClients: Sendable {
    private let clients: [(address: String, client: RedisClient)]

    /// - Parameter urls: by address, as redirects name it; the first gets what has no key.
    init(_ urls: [(address: String, url: String)]) throws {
        clients = try urls.map { ($0.address, RedisClient(try RedisConfiguration(url: $0.url))) }
    }

    /// Sends a command to the node of its key: asks one, and follows where that points. What has no key stays at the first node.
    func send(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
        guard let first = clients.first?.client else { throw .closed }
        do {
            return try await first.send(command)
        } catch {
            guard case .server(let reply) = error, reply.code == "MOVED",
                let address = reply.message.split(separator: " ").last,
                let other = clients.first(where: { $0.address == address })
            else { throw error }
            return try await other.client.send(command)
        }
    }

    /// Sends a command without a key to every primary.
    func sendToAll(_ command: RedisCommand) async throws(RedisError) -> [RedisReply] {
        var replies: [RedisReply] = []
        for (_, client) in clients { replies.append(try await client.send(command)) }
        return replies
    }
}
