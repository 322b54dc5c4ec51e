import Hiredis
import NIOCore
import Synchronization

/// The connections of durable calls. Each has one call at a time, since `WAIT` blocks its connection; other calls of the store go
/// on meanwhile.
///
/// A connection is made when no idle one is left, up to a limit. Beyond it callers wait in line, so that a call's timeout counts
/// from when it is sent.
final class DurableConnections: Sendable {
    private static let most = 8

    private typealias Caller = CheckedContinuation<Result<RedisRouter, RedisError>, Never>

    private struct State {
        var all: [RedisRouter] = []
        var idle: [RedisRouter] = []
        var waiting = CircularBuffer<Caller>()
        var isClosed = false
    }

    private let state = Mutex(State())
    private let make: @Sendable () -> RedisRouter
    /// Whether the server has answered a trial of `WAITAOF`.
    let hasFsync = Atomic(false)

    init(_ make: @escaping @Sendable () -> RedisRouter) { self.make = make }

    /// A connection for one call; give it back after that.
    func take() async throws(RedisError) -> RedisRouter {
        let result = await withCheckedContinuation { (caller: Caller) in
            let found = state.withLock { state -> Result<RedisRouter, RedisError>? in
                if state.isClosed { return .failure(.closed) }
                if let idle = state.idle.popLast() { return .success(idle) }
                guard state.all.count < Self.most else {
                    state.waiting.append(caller)
                    return nil
                }
                let made = make()
                state.all.append(made)
                return .success(made)
            }
            if let found { caller.resume(returning: found) }
        }
        return try result.get()
    }

    func giveBack(_ connection: RedisRouter) {
        let next = state.withLock { state -> Caller? in
            let next = state.waiting.popFirst()
            if next == nil { state.idle.append(connection) }
            return next
        }
        next?.resume(returning: .success(connection))
    }

    /// Closes the connections. Calls that wait for one fail with `closed` when they get it.
    func close() async {
        let all = state.withLock { state in
            state.isClosed = true
            return state.all
        }
        for connection in all { await connection.close() }
    }
}
