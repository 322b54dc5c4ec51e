import Logging
import NIOCore
import Synchronization

/// A call that waits for the next map, or for the news that there is none.
struct MapWaiter: Sendable {
    let run: @Sendable (RedisError?) -> Void
    let timer: Scheduled<Void>

    func end(_ error: RedisError?) {
        timer.cancel()
        run(error)
    }
}

/// The effects of `MapRefresh`.
extension ClusterCalls {
    /// The time between looks at a map that nothing has put in doubt: a node that is cut off, rather than dead, gives no sign.
    private static let lookSeconds = 4.0...6.0
    /// The time between looks for nodes that answer nothing. A frozen primary leaves its connections open; the map tells that
    /// another one has taken its place.
    private static let silence = TimeAmount.seconds(1)
    /// The number of looks after the last call: a call may still be in flight.
    private static let idleLooks = 6

    /// Asks for the map, and calls `run` on the event loop when it is there; with an error if no node gives it.
    /// - Parameter id: A number to end the wait with, else a new one.
    func whenMapped(
        by deadline: NIODeadline, id: UInt64? = nil, _ run: @escaping @Sendable (RedisError?) -> Void
    ) {
        let id = id ?? state.withLock { $0.nextID() }
        let isClosed = state.withLock { state in
            if state.isClosed { return true }
            // The timer may fire at once, and must find the waiter.
            let timer = eventLoop.scheduleTask(deadline: deadline) { [weak self] () -> Void in
                guard let self else { return }
                endWaiter(id, self.state.withLock { [hint] in $0.machine.refresh.unanswered(hint: hint) })
            }
            state.waiters[id] = MapWaiter(run: run, timer: timer)
            return false
        }
        if isClosed { run(.closed) } else { askForMap() }
    }

    func endWaiter(_ id: UInt64, _ error: RedisError) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.end(error)
    }

    /// Asks for the map, unless a round is under way.
    func askForMap() {
        let (pause, starts) = state.withLock { state -> (Duration?, Bool) in
            guard !state.isClosed else { return (nil, false) }
            defer { state.isWatching = true }
            return (state.machine.refresh.request(now: .now()), !state.isWatching)
        }
        if starts {
            lookNowAndThen()
            lookForSilence()
        }
        guard let pause else { return }
        eventLoop.scheduleTask(in: TimeAmount(limiting: pause)) { [weak self] in self?.beginRound() }
    }

    private func lookNowAndThen() {
        eventLoop.scheduleTask(in: TimeAmount(limiting: .seconds(Double.random(in: Self.lookSeconds)))) { [weak self] in
            guard let self else { return }
            let (isClosed, isUsed) = state.withLock { state in
                state.idleLooks = state.calls > 0 ? 0 : state.idleLooks + 1
                state.calls = 0
                return (state.isClosed, state.idleLooks < Self.idleLooks)
            }
            if isClosed { return }
            if isUsed { askForMap() }
            lookNowAndThen()
        }
    }

    private func lookForSilence() {
        eventLoop.scheduleTask(in: Self.silence) { [weak self] in
            guard let self else { return }
            let (isClosed, nodes) = state.withLock { ($0.isClosed, Array($0.table.primaries.values)) }
            if isClosed { return }
            // Each is asked, since the question begins its next second.
            if nodes.filter({ $0.isSilent() }).count > 0 { askForMap() }
            lookForSilence()
        }
    }

    // MARK: A round

    /// Nodes without TLS are silent to a client with TLS.
    private var hint: String {
        if configuration.tls == nil { return "" }
        return Connector(configuration: configuration, eventLoop: eventLoop, check: nil, logger: logger).hint
    }

    private func beginRound() {
        let begun = state.withLock { state -> (Int, RedisEndpoint?)? in
            if state.isClosed { return nil }
            let candidates = state.machine.candidates { Int.random(in: 0..<$0) }
            return state.machine.refresh.begin(candidates)
        }
        guard case (let round, let first?)? = begun else { return }
        eventLoop.scheduleTask(in: TimeAmount(limiting: configuration.connectTimeout)) { [weak self] in
            guard let self else { return }
            let error = state.withLock { [hint] in
                $0.machine.refresh.expired(round, now: .now(), random: .random(in: 0...1), hint: hint)
            }
            if let error { end(error) }
        }
        ask(first, round)
    }

    /// Asks a node over its own connection if it is a primary. Seeds and replicas get one for the question: they may be any
    /// server, so the check of new connections, which may write, is not made there.
    private func ask(_ endpoint: RedisEndpoint, _ round: Int) {
        eventLoop.scheduleTask(in: TimeAmount(limiting: MapRefresh.patience)) { [weak self] in self?.askNext(round) }
        let (node, longest) = state.withLock { ($0.table.primaries[endpoint], $0.longest) }
        // A question that timed out behind a call that waits for replicas would end the connection, and with it that call.
        if let node { return ask(node.client, endpoint, round, within: max(longest, configuration.commandTimeout)) {} }
        let asker = client(to: endpoint)
        ask(asker, endpoint, round, within: configuration.commandTimeout) { asker.hangUp() }
    }

    private func askNext(_ round: Int) {
        if let endpoint = state.withLock({ $0.machine.refresh.next(round) }) { ask(endpoint, round) }
    }

    private func ask(
        _ client: RedisClient, _ endpoint: RedisEndpoint, _ round: Int, within limit: Duration,
        finally done: @escaping @Sendable () -> Void
    ) {
        client.send(["CLUSTER", "SHARDS"], timeout: limit) { [weak self, configuration] result in
            if MapAnswer.isUnknownCommand(result) {
                // CLUSTER SLOTS is older, and servers that are no Redis may have only that.
                client.send(["CLUSTER", "SLOTS"], timeout: limit) { [weak self] result in
                    done()
                    self?.answered(MapAnswer.read(result, from: endpoint, isShards: false, configuration), endpoint, round)
                }
            } else {
                done()
                self?.answered(MapAnswer.read(result, from: endpoint, isShards: true, configuration), endpoint, round)
            }
        }
    }

    private func answered(_ answer: Result<ClusterMap, RedisError>, _ endpoint: RedisEndpoint, _ round: Int) {
        switch answer {
        case .success(let map): learn(map, from: endpoint, round)
        case .failure(let error):
            logger.debug("a node gives no map of the cluster", metadata: ["redis": "\(endpoint)", "reason": "\(error)"])
            let failure = state.withLock {
                $0.machine.refresh.failed(round, endpoint, error, now: .now(), random: .random(in: 0...1))
            }
            switch failure {
            case .ask(let next): ask(next, round)
            case .wait: break
            case .giveUp(let error): end(error)
            }
        }
    }

    private func learn(_ map: ClusterMap, from teller: RedisEndpoint, _ round: Int) {
        let now = NIODeadline.now()
        let (isNews, former, watchers) = state.withLock { state -> (Bool, [Node], [@Sendable () -> Void]) in
            guard !state.isClosed, state.machine.refresh.succeeded(round, now: now, random: .random(in: 0...1)) else {
                return (false, [], [])
            }
            state.machine.learn(map, from: teller, now: now)
            return (true, adopt(&state), Array(state.watchers.values))
        }
        guard isNews else { return }
        retire(former)
        if !watchers.isEmpty { eventLoop.scheduleTask(in: Self.grace) { for watcher in watchers { watcher() } } }
        end(nil)
    }

    /// Lets the waiting calls go on. While a node that has slots is out of reach, the next round follows.
    private func end(_ error: RedisError?) {
        let (waiters, hasTrouble) = state.withLock { state in
            let nodes = state.table.primaries
            let hasTrouble = state.machine.hasTrouble(now: .now(), random: .random(in: 0...1)) {
                nodes[$0]?.client.connections ?? 0
            }
            defer { state.waiters = [:] }
            return (state.waiters, hasTrouble)
        }
        if hasTrouble { askForMap() }
        // In the order of the calls.
        for (_, waiter) in waiters.sorted(by: { $0.key < $1.key }) { waiter.end(error) }
    }
}
