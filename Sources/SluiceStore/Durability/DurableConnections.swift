import Hiredis
import NIOCore
import SluiceCore
import Synchronization

/// The connections of durable calls. Each has one call at a time, since `WAIT` blocks its connection; other calls of the store go
/// on meanwhile.
///
/// A connection is made when no idle one is left, up to a limit for each node: the calls to one whose replicas are frozen hold
/// none of another's. Beyond the limit callers wait in line, so that a call's timeout counts from when it is sent.
final class DurableConnections: Sendable {
    /// For each node.
    static let most = 8
    /// How long the connections of a node are kept that nothing uses, once there are others: its address may be gone for good.
    private static let kept = Duration.seconds(60)

    private typealias Caller = CheckedContinuation<Result<RedisRouter, SluiceError>, Never>

    private struct Waiter {
        var id: UInt64
        var caller: Caller
        var timer: Scheduled<Void>

        func end(_ result: Result<RedisRouter, SluiceError>) {
            timer.cancel()
            caller.resume(returning: result)
        }
    }

    private struct Pool {
        var all: [RedisRouter] = []
        var idle: [RedisRouter] = []
        var waiting = CircularBuffer<Waiter>()
        var lastUse = ContinuousClock.now
    }

    private struct State {
        var pools: [RedisEndpoint?: Pool] = [:]
        var lastID: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    private let make: @Sendable () -> RedisRouter
    /// Whether the server has answered a trial of `WAITAOF`.
    let hasFsync = Atomic(false)

    init(on eventLoop: any EventLoop, _ make: @escaping @Sendable () -> RedisRouter) {
        self.eventLoop = eventLoop
        self.make = make
    }

    /// A connection for one call to a node, nil for the only server; give it back after that.
    /// - Throws: `unavailable` if none is free within `limit`; `closed`.
    func take(for node: RedisEndpoint?, within limit: Duration) async throws(SluiceError) -> RedisRouter {
        let result = await withCheckedContinuation { (caller: Caller) in
            let (found, former) = state.withLock { state -> (Result<RedisRouter, SluiceError>?, [Pool]) in
                if state.isClosed { return (.failure(SluiceError(RedisError.closed)), []) }
                let former = state.pools[node] == nil ? Self.dropUnused(&state) : []
                var pool = state.pools[node] ?? Pool()
                defer { state.pools[node] = pool }
                pool.lastUse = .now
                if let idle = pool.idle.popLast() { return (.success(idle), former) }
                guard pool.all.count < Self.most else {
                    state.lastID += 1
                    pool.waiting.append(waiter(state.lastID, caller, node, limit))
                    return (nil, former)
                }
                let made = make()
                pool.all.append(made)
                return (.success(made), former)
            }
            // Releasing them closes them.
            _ = former
            if let found { caller.resume(returning: found) }
        }
        return try result.get()
    }

    func giveBack(_ connection: RedisRouter, of node: RedisEndpoint?) {
        let next = state.withLock { state -> Waiter? in
            let next = state.pools[node]?.waiting.popFirst()
            if next == nil { state.pools[node]?.idle.append(connection) }
            state.pools[node]?.lastUse = .now
            return next
        }
        next?.end(.success(connection))
    }

    /// Closes the connections. Calls that wait for one fail with `closed`.
    func close() async {
        let pools = state.withLock { state in
            state.isClosed = true
            defer { state.pools = [:] }
            return state.pools.values
        }
        for waiter in pools.flatMap(\.waiting) { waiter.end(.failure(SluiceError(RedisError.closed))) }
        for connection in pools.flatMap(\.all) { await connection.close() }
    }

    private func waiter(_ id: UInt64, _ caller: Caller, _ node: RedisEndpoint?, _ limit: Duration) -> Waiter {
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) { [weak self] () -> Void in
            self?.expire(id, node, limit)
        }
        return Waiter(id: id, caller: caller, timer: timer)
    }

    private func expire(_ id: UInt64, _ node: RedisEndpoint?, _ limit: Duration) {
        let late = state.withLock { state -> Waiter? in
            guard let index = state.pools[node]?.waiting.firstIndex(where: { $0.id == id }) else { return nil }
            return state.pools[node]?.waiting.remove(at: index)
        }
        let place = node.map { " at \($0)" } ?? ""
        let error = SluiceError(
            .unavailable,
            "\(Self.most) calls\(place) wait for confirmations, and none of them ended within \(DurationText.exact(limit)): "
                + "nothing was sent")
        late?.end(.failure(error))
    }

    /// Takes out the pools of nodes that nothing speaks to any more.
    private static func dropUnused(_ state: inout State) -> [Pool] {
        let now = ContinuousClock.now
        let unused = state.pools.filter { _, pool in pool.idle.count == pool.all.count && now - pool.lastUse > kept }
        for node in unused.keys { state.pools[node] = nil }
        return Array(unused.values)
    }
}
