package import Hiredis
package import SluiceCore

/// Commands other than calls of functions. Each names the key, or the node, that says where it goes.
extension Store {
    /// Sends a command to the server of a key: the key of the command, or for a command without one a key of the same slot.
    package func send(_ command: RedisCommand, key: String, timeout: Duration? = nil) async throws(SluiceError) -> RedisReply {
        do {
            return try await attempt(command, key: key, timeout: timeout)
        } catch {
            throw SluiceError(error)
        }
    }

    /// Sends a command without keys to a node.
    /// - Parameter node: nil for the server, or any primary of a cluster.
    package func send(
        _ command: RedisCommand, node: RedisEndpoint?, timeout: Duration? = nil
    ) async throws(SluiceError) -> RedisReply {
        do {
            let reply = try await router.send(command, node: node, timeout: timeout)
            if !router.isCluster { outage.answered(nil, logger) }
            return reply
        } catch {
            if !router.isCluster { outage.failed(error, nil) }
            throw SluiceError(error)
        }
    }

    /// Sends commands of one slot in one flush. An error reply becomes the result of its command.
    package func pipeline(
        _ commands: [RedisCommand], key: String
    ) async throws(SluiceError) -> [Result<RedisReply, SluiceError>] {
        try await pipeline(commands.map { ($0, key) })
    }

    /// Sends commands in one flush to each server. An error reply becomes the result of its command.
    package func pipeline(
        _ commands: [(command: RedisCommand, key: String)]
    ) async throws(SluiceError) -> [Result<RedisReply, SluiceError>] {
        do {
            return try await router.pipeline(commands).map { $0.mapError { SluiceError($0) } }
        } catch {
            throw SluiceError(error)
        }
    }

    /// Sends a plain command of Redis to the server of a key, and waits for its answer.
    package func run(_ command: [String], key: String) async throws(SluiceError) {
        _ = try await send(RedisCommand(command), key: key)
    }

    /// Sends a plain command of Redis to a node, and waits for its answer.
    package func run(_ command: [String], node: RedisEndpoint?) async throws(SluiceError) {
        _ = try await send(RedisCommand(command), node: node)
    }

    /// Sends plain commands of Redis on one slot in one flush, which measures the server without the library.
    /// - Throws: the first error among the replies.
    package func run(_ commands: [[String]], key: String) async throws(SluiceError) {
        for reply in try await pipeline(commands.map { RedisCommand($0) }, key: key) { _ = try reply.get() }
    }

    func attempt(_ command: RedisCommand, key: String, timeout: Duration?) async throws(RedisError) -> RedisReply {
        do {
            let reply = try await router.send(command, key: key, timeout: timeout)
            outage.answered(place(of: key), logger)
            return reply
        } catch {
            outage.failed(error, place(of: key))
            throw error
        }
    }

    /// What may be away while the rest answers: in a cluster the node of a key, which the key stands for.
    func place(of key: String) -> String? { router.isCluster ? key : nil }

    /// Calls a function on keys of several slots, and puts the parts of its replies in the order of the keys.
    func callBySlot<Function: StoreFunction, Element>(
        _ function: Function, _ keys: [String]
    ) async throws(SluiceError) -> [Element] where Function.Reply == [Element] {
        let groups = SlotGroups(keys)
        let calls = groups.positions.map { positions in
            (command: command(function, positions.map { keys[$0] }), key: keys[positions[0]])
        }
        var parts: [[Element]] = []
        for (call, result) in zip(calls, try await pipeline(calls)) {
            let reply: RedisReply
            switch result {
            case .success(let found): reply = found
            // The functions are missing on this node.
            case .failure(let error) where RedisServerError.isMissingFunction(error.message):
                reply = try await sendLoading(call.command, key: call.key, timeout: nil)
            case .failure(let error): throw error
            }
            parts.append(try function.read(reply.root))
        }
        guard let all = groups.joined(parts) else { throw malformed(Function.name) }
        return all
    }
}
