import NIOCore

/// Decides without a socket where a call goes in a cluster, what a failure means, whom to ask for the map, and when to give up.
///
/// ``CallRule`` has the table of the rules.
struct ClusterMachine: Sendable {
    /// What to do after a failure: the call's next step, and what else there is to do.
    struct Ruling: Equatable, Sendable {
        var step: CallProgress.Step
        /// The error that the call throws, if it is to throw.
        var error: RedisError
        var asksForMap = false
        var changesMap = false
        /// Whether the connections to the node that gave the error are to be dropped.
        var dropsNode = false
        var notice: Notice?
    }

    /// Something to log, once.
    enum Notice: Equatable, Sendable {
        case slotMoves(Int)
        case outOfReach(RedisEndpoint, RedisError)
    }

    private struct Doubt: Sendable {
        var connections: Int
        var until: NIODeadline
    }

    /// Kept for ever: when no known node answers, names are resolved anew.
    let seeds: [RedisEndpoint]
    let usesTLS: Bool
    private(set) var map: ClusterMap?
    private(set) var learnedAt: NIODeadline?
    /// Who gave the map.
    private var teller: RedisEndpoint?
    var refresh = MapRefresh()
    /// Nodes that failed, with the number of connections made to them before. A later connection ends the doubt.
    private var doubts: [RedisEndpoint: Doubt] = [:]
    private var heldSlots: Set<Int> = []
    private var outOfReach: Set<RedisEndpoint> = []

    /// After this, a node that failed and that no call needs is no reason to ask for maps any more.
    private static let doubtLasts = Duration.seconds(30)

    init(seeds: [RedisEndpoint], usesTLS: Bool = false) {
        self.seeds = seeds
        self.usesTLS = usesTLS
    }

    // MARK: Calls

    /// Rules on the error of a call to a node.
    /// - Parameters:
    ///   - connections: How many connections for calls were made to the node so far.
    ///   - wasReached: Whether any connection was ever made to it.
    mutating func failed(
        _ call: inout CallProgress, _ error: RedisError, at node: RedisEndpoint, connections: Int, wasReached: Bool,
        now: NIODeadline, random: Double
    ) -> Ruling {
        let rule = CallRule(error, from: node)
        var ruling = Ruling(step: call.next(after: rule, now: now, random: random), error: error)
        switch rule {
        case .follow(let slot, let target):
            ruling.asksForMap = true
            ruling.changesMap = map?.move(slot, to: target) ?? false
            heldSlots.remove(slot)
        case .held(let slot):
            if heldSlots.insert(slot).inserted { ruling.notice = .slotMoves(slot) }
        case .wait(let asksForMap):
            ruling.asksForMap = asksForMap
            ruling.error = explained(error)
        case .wrongRole:
            ruling.asksForMap = true
            ruling.dropsNode = true
        case .unreachable:
            ruling.asksForMap = true
            doubt(node, connections, now)
            if !wasReached, !seeds.contains(node) {
                ruling.error = hinted(error)
                if outOfReach.insert(node).inserted { ruling.notice = .outOfReach(node, ruling.error) }
            }
        case .unknownOutcome:
            ruling.asksForMap = true
            doubt(node, connections, now)
        case .reroute:
            // The router is not closed. Its users would take that for the end, and nothing was sent.
            ruling.error = .unreachable("\(node): its connection was given up, since the cluster has changed")
        case .thrown: break
        }
        return ruling
    }

    /// Rules on a call whose slot no node serves.
    mutating func uncovered(_ call: inout CallProgress, now: NIODeadline, random: Double) -> Ruling {
        let slots = ClusterNode.text(of: map?.uncovered ?? [])
        let error = RedisError.unreachable(
            "no node of the Redis Cluster serves slot \(call.slot); without a node are \(slots): see redis-cli --cluster check")
        return Ruling(step: call.pause(now, random), error: error, asksForMap: true)
    }

    /// Names the slots without a node, which are the usual reason.
    private func explained(_ error: RedisError) -> RedisError {
        guard case .server(let reply) = error, reply.code == "CLUSTERDOWN",
            let uncovered = map?.uncovered, !uncovered.isEmpty
        else { return error }
        let message = "\(reply.message); no node serves the slots \(ClusterNode.text(of: uncovered))"
        return .server(RedisServerError(code: reply.code, message: message))
    }

    private func hinted(_ error: RedisError) -> RedisError {
        guard case .unreachable(let reason) = error else { return error }
        let port = usesTLS ? ", and tls-cluster yes for its port with TLS" : ""
        return .unreachable(
            "\(reason); the Redis Cluster announces this address: if clients cannot reach it, set cluster-announce-hostname or "
                + "cluster-announce-ip on that node\(port)")
    }

    // MARK: The map

    /// Whom to ask, the most promising first: two of the nodes, the seeds, the other nodes, and at the end those that failed
    /// last.
    ///
    /// Seeds come early, since all addresses of the map may be stale at once. The node that gave the present map is asked after
    /// the others: it may be cut off from them, and keep an old map.
    func candidates(_ random: (Int) -> Int) -> [RedisEndpoint] {
        let nodes = map?.nodes ?? []
        let groups = [
            nodes.filter { $0.role == .primary && $0.health == .online }.map(\.endpoint),
            nodes.filter { $0.role == .replica && $0.health == .online }.map(\.endpoint),
            nodes.map(\.endpoint), seeds,
        ]
        let isNode = Set(nodes.map(\.endpoint))
        var sure: [RedisEndpoint] = []
        var last: [RedisEndpoint] = []
        var doubted: [RedisEndpoint] = []
        var seen: Set<RedisEndpoint> = []
        for group in groups {
            let first = group.isEmpty ? 0 : random(group.count)
            for endpoint in group[first...] + group[..<first] where seen.insert(endpoint).inserted {
                if doubts[endpoint] != nil {
                    doubted.append(endpoint)
                } else if endpoint == teller, isNode.contains(endpoint) {
                    last.append(endpoint)
                } else {
                    sure.append(endpoint)
                }
            }
        }
        let isSeed = Set(seeds)
        let first = sure.prefix(2)
        let others = sure.dropFirst(2)
        return first + others.filter(isSeed.contains) + others.filter { !isSeed.contains($0) } + last + doubted
    }

    mutating func learn(_ new: ClusterMap, from teller: RedisEndpoint, now: NIODeadline) {
        heldSlots = heldSlots.filter { new.owner(of: $0)?.endpoint == map?.owner(of: $0)?.endpoint }
        outOfReach.formIntersection(new.nodes.map(\.endpoint))
        map = new
        self.teller = teller
        learnedAt = now
    }

    /// Notes that a node failed.
    mutating func doubt(_ node: RedisEndpoint, _ connections: Int, _ now: NIODeadline) {
        doubts[node] = Doubt(connections: connections, until: now + TimeAmount(limiting: Self.doubtLasts))
    }

    /// Whether a node that failed still has slots and was not reached since: then the map is asked for again.
    /// - Parameter connections: The number of connections made to a node so far.
    mutating func hasTrouble(now: NIODeadline, random: Double, connections: (RedisEndpoint) -> Int) -> Bool {
        let reached = doubts.keys.filter { connections($0) > doubts[$0]?.connections ?? 0 }
        outOfReach.subtract(reached)
        for node in reached { doubts[node] = nil }
        let needed = Set(map?.nodes.filter { !$0.slots.isEmpty }.map(\.endpoint) ?? [])
        doubts = doubts.filter { needed.contains($0.key) && now < $0.value.until }
        refresh.ended(inTrouble: !doubts.isEmpty, now: now, random: random)
        return !doubts.isEmpty
    }
}
