import Logging
import NIOCore
import Synchronization

/// Executes the decisions of `ClusterMachine`: one `RedisClient` for each node, all on one event loop.
final class ClusterCalls: Sendable {
    typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void
    typealias Node = NodeTable.Node

    struct State: Sendable {
        var machine: ClusterMachine
        var table = NodeTable()
        var waiters: [UInt64: MapWaiter] = [:]
        /// Told of each new map.
        var watchers: [UInt64: @Sendable () -> Void] = [:]
        var lastID: UInt64 = 0
        /// Calls since the last look at a map that nothing has put in doubt.
        var calls = 0
        var idleLooks = 0
        /// How long the slowest calls so far could keep a connection busy, such as those that wait for replicas.
        var longest = Duration.zero
        var isWatching = false
        var isClosed = false

        mutating func nextID() -> UInt64 {
            lastID += 1
            return lastID
        }
    }

    /// A call on its way.
    private struct Call: Sendable {
        let command: RedisCommand
        var progress: CallProgress
        let timeout: Duration
        let completion: Completion
    }

    /// How long a node that has lost its slots may still answer what it was sent. Then its connection is closed.
    static let grace = TimeAmount.milliseconds(500)

    let configuration: RedisConfiguration
    let eventLoop: any EventLoop
    let logger: Logger
    private let check: RedisClient.ConnectionCheck?
    let state: Mutex<State>

    init(
        _ configuration: RedisConfiguration, seeds: [RedisEndpoint], eventLoop: any EventLoop, logger: Logger,
        check: RedisClient.ConnectionCheck?
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.check = check
        let seeds = seeds.isEmpty ? [configuration.endpoint] : seeds
        state = Mutex(State(machine: ClusterMachine(seeds: seeds, usesTLS: configuration.tls != nil)))
    }

    // MARK: Sending

    func send(_ command: RedisCommand, slot: Int, timeout: Duration?, completion: @escaping Completion) {
        let timeout = timeout ?? configuration.commandTimeout
        let progress = CallProgress(slot: slot, deadline: .now() + TimeAmount(limiting: timeout))
        route(Call(command: command, progress: progress, timeout: timeout, completion: completion))
    }

    /// The slot's node now; nil if the router is closed.
    func way(to slot: Int) -> NodeTable.Way? {
        state.withLock { state in
            state.calls &+= 1
            return state.isClosed ? nil : state.table.way(to: slot)
        }
    }

    private func route(_ call: Call) {
        switch way(to: call.progress.slot) {
        case .node(let node)?:
            node.send(call.command, timeout: call.progress.timeout(of: call.timeout, now: .now())) { [self] result in
                guard case .failure(let error) = result else { return call.completion(result) }
                failed(call, error, at: node)
            }
        case .noMap?:
            whenMapped(by: call.progress.deadline) { [self] error in
                if let error { return call.completion(.failure(error)) }
                var call = call
                call.progress.waitedForMap()
                route(call)
            }
        case .nobody?:
            var call = call
            let ruling = ruleUncovered(&call.progress)
            take(ruling, call, from: nil)
        case nil: call.completion(.failure(.closed))
        }
    }

    private func failed(_ call: Call, _ error: RedisError, at node: Node) {
        var call = call
        guard let ruling = rule(&call.progress, error, at: node) else { return call.completion(.failure(error)) }
        take(ruling, call, from: node)
    }

    private func take(_ ruling: ClusterMachine.Ruling, _ call: Call, from node: Node?) {
        switch ruling.step {
        case .fail: call.completion(.failure(ruling.error))
        case .again(after: .zero): route(call)
        case .again(let pause):
            eventLoop.scheduleTask(in: TimeAmount(limiting: pause)) { [self] in route(call) }
        case .afterMap:
            whenMapped(by: call.progress.deadline) { [self] _ in
                if hasMoved(call.progress.slot, from: node) {
                    route(call)
                } else {
                    call.completion(.failure(ruling.error))
                }
            }
        }
    }

    // MARK: Rules

    /// Whether calls of the slot go to another node than this one.
    func hasMoved(_ slot: Int, from node: Node?) -> Bool {
        guard case .node(let now)? = way(to: slot) else { return false }
        return now.endpoint != node?.endpoint
    }

    /// Rules on a failure and does what it takes, but for the call's own step. Nil if the router is closed.
    func rule(_ progress: inout CallProgress, _ error: RedisError, at node: Node) -> ClusterMachine.Ruling? {
        let own = node.client.connections
        let (ruling, former) = state.withLock { state -> (ClusterMachine.Ruling?, [Node]) in
            guard !state.isClosed else { return (nil, []) }
            let shared = state.table.primaries[node.endpoint]?.client.connections ?? own
            let ruling = state.machine.failed(
                &progress, error, at: node.endpoint, connections: shared, wasReached: max(own, shared) > 0,
                now: .now(), random: .random(in: 0...1))
            var former = ruling.dropsNode && state.table.drop(node) ? [node] : []
            if ruling.changesMap || ruling.dropsNode { former += adopt(&state) }
            return (ruling, former)
        }
        retire(former)
        if ruling?.asksForMap == true { askForMap() }
        if let notice = ruling?.notice { log(notice) }
        return ruling
    }

    func ruleUncovered(_ progress: inout CallProgress) -> ClusterMachine.Ruling {
        let ruling = state.withLock { $0.machine.uncovered(&progress, now: .now(), random: .random(in: 0...1)) }
        askForMap()
        return ruling
    }

    private func log(_ notice: ClusterMachine.Notice) {
        switch notice {
        case .slotMoves(let slot):
            logger.warning(
                "a slot of the Redis Cluster is being moved: calls of its queues wait until it has arrived",
                metadata: ["slot": "\(slot)"])
        case .outOfReach(_, let error):
            logger.error("a node of the Redis Cluster is out of reach", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Clients

    func makeNode(_ endpoint: RedisEndpoint, checked: Bool) -> Node {
        Node(endpoint: endpoint, client: client(to: endpoint, check: checked ? check : nil))
    }

    /// A client of one node, with everything else as configured. Its errors name that node, and URLs as of a cluster.
    func client(to endpoint: RedisEndpoint, check: RedisClient.ConnectionCheck? = nil) -> RedisClient {
        var configuration = configuration
        configuration.endpoint = endpoint
        configuration.topology = .cluster(seeds: [endpoint])
        return RedisClient(configuration, eventLoop: eventLoop, logger: logger, onConnect: check)
    }

    /// Takes over the machine's map. Returns the clients to close.
    func adopt(_ state: inout State) -> [Node] {
        guard let map = state.machine.map else { return [] }
        return state.table.adopt(map) { makeNode($0, checked: true) }
    }

    /// Closes clients that are no longer needed: at once those of dead nodes, so that calls that wait for a connection go on.
    func retire(_ nodes: [Node]) {
        for node in nodes {
            let isDead = state.withLock { $0.machine.map?.node(at: node.endpoint)?.health == .failed }
            if isDead {
                node.client.hangUp()
            } else {
                eventLoop.scheduleTask(in: Self.grace) { node.client.hangUp() }
            }
        }
    }

    var connections: Int { state.withLock { $0.table.connections } }

    func close() async {
        let (nodes, waiters) = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return (state.table.all, state.waiters)
        }
        for waiter in waiters.values { waiter.end(.closed) }
        for node in nodes { await node.client.close() }
    }
}
