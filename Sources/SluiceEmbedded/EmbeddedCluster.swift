import Foundation

/// The Redis Cluster of one user, to try what needs one: three primaries and three replicas on ports of 127.0.0.1.
///
/// Its nodes are servers as ``EmbeddedRedis`` is: each in a directory of its own, with an append-only file, and they outlive the
/// process that started them. Ports can be reached by every user of the machine, so the cluster has a random password, which is in
/// a file that only its user can read.
package struct EmbeddedCluster: Sendable {
    /// Absolute path of the directory with a directory for each node: `cluster` in that of the private Redis.
    package let home: String
    private let searchPath: String?
    private let patience: Duration
    private let primaries: Int
    private let replicas: Int

    /// Names the cluster; touches nothing before `start`.
    ///
    /// - Parameters:
    ///   - home: The directory of the private Redis; as for ``EmbeddedRedis`` when nil.
    ///   - primaries: How many primaries a new cluster gets. One that is there keeps its shape.
    ///   - replicas: How many replicas a new cluster gets.
    ///   - searchPath: Where to look for `redis-server` and `valkey-server`; `PATH` when nil.
    ///   - patience: How long a node may be silent, and the cluster incomplete, before `start` and `stop` give up.
    package init(
        home: String? = nil, primaries: Int = 3, replicas: Int = 3, searchPath: String? = nil, patience: Duration = .seconds(15)
    ) {
        self.home = EmbeddedRedis(home: home).home + "/cluster"
        self.primaries = primaries
        self.replicas = replicas
        self.searchPath = searchPath
        self.patience = patience
    }

    /// Starts the nodes that do not run, and returns the URL as soon as the whole cluster serves commands.
    ///
    /// If several processes call it at once, each node is started by one of them.
    /// - Throws: `EmbeddedRedisError` if no suitable server is installed, the directory is unusable, or a node fails to start.
    package func start() async throws -> String {
        let plan = try await plan()
        let servers = servers(of: plan)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { _ = try await server.start() } }
            try await group.waitForAll()
        }
        let isWhole = try await Polling.wait(upTo: patience + patience, every: .milliseconds(20)) {
            for server in servers where try await !server.probe.isInService() { return false }
            return true
        }
        guard isWhole else {
            throw EmbeddedRedisError.system(
                "the private cluster does not get ready: sluice redis cluster status shows its nodes, and their logs are "
                    + "\(home)/*/redis.log; without need of its data: sluice redis cluster stop && rm -r \(home)")
        }
        return plan.url
    }

    /// Shuts all nodes down cleanly, keeping the data, and waits until they are gone.
    ///
    /// - Returns: False if none was running.
    /// - Throws: `EmbeddedRedisError` if one refuses, or is still there when its time is over.
    package func stop() async throws -> Bool {
        guard let plan = try readPlan() else { return false }
        let servers = servers(of: plan)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for server in servers { group.addTask { try await server.stop() } }
            return try await group.reduce(false) { $0 || $1 }
        }
    }

    /// The URL of a cluster that was started once; nil if there is none.
    package func url() throws -> String? { try readPlan()?.url }
}

extension EmbeddedCluster {
    private var planPath: String { home + "/cluster.json" }

    /// A server for each node of the plan.
    func servers(of plan: ClusterPlan) -> [EmbeddedRedis] {
        plan.nodes.indices.map { index in
            EmbeddedRedis(
                node: directory(of: index), configuration: plan.configuration(of: index), password: plan.password,
                searchPath: searchPath, patience: patience)
        }
    }

    private func directory(of index: Int) -> String { "\(home)/\(index + 1)" }

    /// The plan of the cluster in this directory; nil without one.
    func readPlan() throws -> ClusterPlan? {
        try PrivateDirectory.check(home, marker: "cluster.json")
        guard let data = FileManager.default.contents(atPath: planPath) else { return nil }
        guard let plan = try? JSONDecoder().decode(ClusterPlan.self, from: data) else {
            throw EmbeddedRedisError.unusableDirectory(
                path: home, reason: "\(planPath) cannot be read as the plan of a cluster; remove the directory to make a new one")
        }
        return plan
    }

    /// The plan, a new one if there is none. One process at a time makes it.
    private func plan() async throws -> ClusterPlan {
        try PrivateDirectory.prepare(home, marker: "cluster.json")
        var made: ClusterPlan?
        let inTime = try await Polling.wait(upTo: patience) {
            made = try readPlan()
            if made == nil, let lock = try FileLock.take(home + "/cluster.lock") {
                made = try readPlan() ?? makePlan()
                _ = consume lock
            }
            return made != nil
        }
        guard inTime, let made else {
            throw EmbeddedRedisError.system("another process has been making the private cluster in \(home) for too long")
        }
        return made
    }

    /// Writes the files of the nodes, and the plan last, so that a crash meanwhile leaves nothing half made.
    private func makePlan() throws -> ClusterPlan {
        let plan = try ClusterPlan(primaries: primaries, replicas: replicas)
        for index in plan.nodes.indices {
            try PrivateDirectory.prepare(directory(of: index), marker: "nodes.conf")
            try Self.write(Data(plan.nodesFile(of: index).utf8), to: directory(of: index) + "/nodes.conf")
        }
        try Self.write(JSONEncoder().encode(plan), to: planPath)
        return plan
    }

    /// Writes a file that only its user can read. It appears with its whole content.
    private static func write(_ data: Data, to path: String) throws {
        let draft = path + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        guard FileManager.default.createFile(atPath: draft, contents: data, attributes: [.posixPermissions: 0o600]),
            rename(draft, path) == 0
        else { throw EmbeddedRedisError.unusableDirectory(path: draft, reason: "it cannot be written") }
    }
}
