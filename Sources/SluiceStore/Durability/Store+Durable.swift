import Hiredis
package import SluiceCore
import Synchronization

// `WAIT` tells how many replicas have all that *its connection* wrote. A call that finds its job already there writes nothing, and
// from Redis 7.2 on a `WAIT` behind it on a new connection would confirm at once, whatever the replicas have. (Older servers count
// all that was there at the connection's last command, whether it wrote or not.) So a touch, which always writes, stands between
// the two. Replication is one ordered stream: who has the touch has the job. The three commands go out together and never over two
// connections, since in between the primary might be another server without the job.

extension Store {
    /// Calls a function on a queue, and waits for the confirmation that the durability asks for.
    /// - Throws: As a plain call; `outcomeUnknown` if the connection was lost before the confirmation. It is safe to repeat as the
    ///   plain call is.
    package func call<Function: StoreFunction>(
        _ function: Function, on queue: QueueName, _ durability: Durability
    ) async throws(SluiceError) -> Confirmed<Function.Reply> {
        try await call(function, key: keys.base(queue.validated()), durability)
    }

    /// Calls a function on a batch, otherwise the same.
    package func call<Function: StoreFunction>(
        _ function: Function, batch: BatchID, _ durability: Durability
    ) async throws(SluiceError) -> Confirmed<Function.Reply> {
        try await call(function, key: keys.batch(batch), durability)
    }

    /// Calls a function on the record of a workflow, otherwise the same.
    package func call<Function: StoreFunction>(
        _ function: Function, workflow: String, _ durability: Durability
    ) async throws(SluiceError) -> Confirmed<Function.Reply> {
        try await call(function, key: keys.workflow(workflow), durability)
    }

    private func call<Function: StoreFunction>(
        _ function: Function, key: String, _ durability: Durability
    ) async throws(SluiceError) -> Confirmed<Function.Reply> {
        guard durability != .primary else { return Confirmed(reply: try await call(function, key: key)) }
        let node = try await endpoint(ofKey: key)
        let connection = try await durable.take(for: node, within: configuration.commandTimeout + durability.limit)
        defer { durable.giveBack(connection, of: node) }
        if case .fsync = durability { try await checkFsync(connection, key) }
        let commands = [command(function, CollectionOfOne(key)), ["FCALL", "sluice1_touch", "1", key], durability.wait]
        var results = try await send(commands, key, on: connection, durability)
        if case .failure(.server(let error)) = results[0], error.isMissingFunction, let handshake {
            do throws(RedisError) {
                try await handshake.run { command throws(RedisError) in try await connection.send(command, key: key) }
            } catch {
                throw SluiceError(error)
            }
            results = try await send(commands, key, on: connection, durability)
        }
        let reply = try function.read(try results[0].mapError { SluiceError($0) }.get().root)
        return Confirmed(reply: reply, shortfall: try shortfall(touch: results[1], wait: results[2], durability))
    }

    private func send(
        _ commands: [RedisCommand], _ key: String, on connection: RedisRouter, _ durability: Durability
    ) async throws(SluiceError) -> [Result<RedisReply, RedisError>] {
        do {
            return try await connection.pipeline(
                together: commands, key: key, timeout: configuration.commandTimeout + durability.limit)
        } catch {
            throw SluiceError(error)
        }
    }

    private func shortfall(
        touch: Result<RedisReply, RedisError>, wait: Result<RedisReply, RedisError>, _ durability: Durability
    ) throws(SluiceError) -> Shortfall? {
        let reply: RedisReply
        do throws(RedisError) {
            _ = try touch.get()
            reply = try wait.get()
        } catch {
            guard case .server(let refusal) = error else { throw SluiceError(error) }
            let reason = SluiceError(refusal)
            // A primary that is demoted unblocks its clients. The caller repeats the call, which finds the new one.
            if reason.isTransient || ["UNBLOCKED", "MOVED", "ASK"].contains(refusal.code) {
                throw SluiceError(.outcomeUnknown, "the call was accepted, then Redis refused to confirm it: \(reason.message)")
            }
            return Shortfall("the server cannot confirm it: \(reason.message)")
        }
        return durability.shortfall(reply.root)
    }

    /// Refuses a server that cannot confirm a sync, before anything is stored.
    private func checkFsync(_ connection: RedisRouter, _ key: String) async throws(SluiceError) {
        if durable.hasFsync.load(ordering: .acquiring) { return }
        do throws(RedisError) {
            _ = try await connection.send(["WAITAOF", "1", "0", "1"], key: key)
        } catch {
            guard case .server(let reply) = error else { throw SluiceError(error) }
            if reply.message.contains("unknown command") {
                throw SluiceError(
                    .serverTooOld, "durability by fsync needs Redis 7.2 or later, with WAITAOF: nothing was stored")
            }
            if reply.message.contains("appendonly") {
                throw SluiceError(
                    .invalidArgument,
                    "durability by fsync needs an append-only file: set appendonly yes on this server; nothing was stored")
            }
            throw SluiceError(reply)
        }
        durable.hasFsync.store(true, ordering: .releasing)
    }
}

extension Durability {
    /// The command that waits for the confirmation.
    fileprivate var wait: RedisCommand {
        switch self {
        case .primary: ["PING"]
        case .replicas(let count, let within): ["WAIT", "\(count)", "\(within.milliseconds)"]
        case .fsync(let within): ["WAITAOF", "1", "0", "\(within.milliseconds)"]
        }
    }

    /// What is missing, by the reply of that command; nil if nothing is.
    fileprivate func shortfall(_ reply: RedisValue) -> Shortfall? {
        switch self {
        case .primary: return nil
        case .replicas(let wanted, let within):
            let count = reply.integer ?? 0
            if count >= wanted { return nil }
            let replicas = wanted == 1 ? "1 replica" : "\(wanted) replicas"
            return Shortfall("\(count) of \(replicas) confirmed it within \(DurationText.exact(within))")
        case .fsync(let within):
            if (reply[0].integer ?? 0) >= 1 { return nil }
            return Shortfall("its append-only file was not synced within \(DurationText.exact(within))")
        }
    }
}
