import Foundation
import Subprocess
import SystemPackage
import Testing

/// Hosts of a network of their own on this machine, each a network namespace: one for Redis, and some for workers. Each worker host
/// has a link to the host of Redis, which can be cut, slowed down and silenced.
///
/// Files and Unix sockets are shared, so that the test reaches Redis whatever happens to the links.
struct NetworkHosts: Sendable {
    /// Why tests that need it are left out.
    static let missing: Comment =
        "needs network namespaces: root, `ip` and `ss` of iproute2, and a kernel that lets them be made"

    private static let port = 6379

    /// A directory whose `redis-server` runs on the host of Redis.
    let directory: String
    private let redis: String
    private let workers: [String]

    /// Whether namespaces with links can be made here.
    static func canBeMade() async -> Bool {
        let name = "sluice-\(getpid())-probe"
        let isMade = (try? await ip("netns", "add", name)) != nil
        let isLinked = (try? await ip("-n", name, "link", "add", "v0", "type", "veth", "peer", "name", "v1")) != nil
        let hasSockets = (try? await ip("netns", "exec", name, "ss", "-Htan")) != nil
        if isMade { _ = try? await ip("netns", "del", name) }
        return isMade && isLinked && hasSockets
    }

    /// Makes hosts, passes them to `body`, and removes them.
    static func with(workers: Int, _ body: (NetworkHosts) async throws -> Void) async throws {
        await removeStale()
        let hosts = NetworkHosts(workers: workers)
        do {
            try await hosts.make()
            try await body(hosts)
        } catch {
            await hosts.remove()
            throw error
        }
        await hosts.remove()
    }

    private init(workers count: Int) {
        let name = "sluice-\(getpid())-\(UInt32.random(in: .min ... .max))"
        redis = name + "-redis"
        workers = (1...count).map { "\(name)-\($0)" }
        directory = FileManager.default.temporaryDirectory.path + "/\(name)"
    }

    private func make() async throws {
        for host in [redis] + workers {
            try await Self.ip("netns", "add", host)
            try await Self.ip("-n", host, "link", "set", "lo", "up")
            // A connection that its process has closed is forgotten soon, though the other side never hears of it.
            try await shell("echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries", on: host)
        }
        for index in workers.indices {
            let (near, far) = (end(of: index), otherEnd(of: index))
            try await Self.ip(
                "link", "add", near.link, "netns", near.host, "type", "veth", "peer", "name", far.link, "netns", far.host)
            for end in [near, far] {
                try await Self.ip("-n", end.host, "addr", "add", end.address + "/24", "dev", end.link)
                try await Self.ip("-n", end.host, "link", "set", end.link, "up")
            }
        }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let server = try await Self.run("/bin/sh", ["-c", "command -v redis-server || command -v valkey-server"])
        let script = "#!/bin/sh\nexec '\(Self.program)' netns exec \(redis) '\(server)' \"$@\"\n"
        try script.write(toFile: directory + "/redis-server", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory + "/redis-server")
    }

    private func remove() async {
        for host in [redis] + workers { _ = try? await Self.ip("netns", "del", host) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Removes what test processes left behind that were killed.
    private static func removeStale() async {
        let names = (try? await ip("netns", "list"))?.split(separator: "\n").compactMap { $0.split(separator: " ").first } ?? []
        for name in names {
            let words = name.split(separator: "-")
            guard words.count >= 3, words[0] == "sluice", let owner = Int32(words[1]), kill(owner, 0) != 0 else { continue }
            _ = try? await ip("netns", "del", String(name))
        }
    }

    // MARK: - Programs on hosts

    /// Lines of `redis.conf` by which a server listens to the workers' hosts.
    var configuration: [String] {
        let addresses = workers.indices.map { end(of: $0).address }.joined(separator: " ")
        return ["bind 127.0.0.1 \(addresses)", "port \(Self.port)", "protected-mode no"]
    }

    /// The URL by which a worker host reaches Redis.
    func url(from worker: Int) -> String { "redis://\(end(of: worker).address):\(Self.port)" }

    /// What starts a program on a worker host; the program keeps the process id.
    func starter(on worker: Int) -> [String] { [Self.program, "netns", "exec", workers[worker]] }

    /// The addresses of the connections from a worker host that a side knows: `10.77.1.2:40000`.
    func connections(of worker: Int, knownTo side: Side) async throws -> [String] {
        let (near, far) = (end(of: worker), otherEnd(of: worker))
        switch side {
        case .redis: return try await sockets(on: near.host, column: 4).filter { $0.hasPrefix(far.address + ":") }
        case .worker: return try await sockets(on: far.host, column: 3).filter { $0.hasPrefix(far.address + ":") }
        }
    }

    /// An end of the link of a worker host.
    enum Side { case redis, worker }

    /// Lists the sockets of a host that are not closed on both sides.
    private func sockets(on host: String, column: Int) async throws -> [String] {
        let text = try await Self.ip("netns", "exec", host, "ss", "-Htan")
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            .filter { $0.count > column && $0[0] != "TIME-WAIT" && $0[0] != "LISTEN" }.map { $0[column] }
    }

    // MARK: - Links

    /// Takes a link down.
    func cut(_ worker: Int) async throws { try await set(worker, "down") }

    /// Puts a link up again.
    func join(_ worker: Int) async throws { try await set(worker, "up") }

    private func set(_ worker: Int, _ state: String) async throws {
        let far = otherEnd(of: worker)
        try await Self.ip("-n", far.host, "link", "set", far.link, state)
    }

    /// Has a link drop all packets while it stays up: they go to a hardware address that no host has, so that no side is told.
    func silence(_ worker: Int) async throws {
        for (end, other) in [(end(of: worker), otherEnd(of: worker)), (otherEnd(of: worker), end(of: worker))] {
            try await Self.ip(
                "-n", end.host, "neigh", "replace", other.address, "lladdr", "02:00:00:00:00:99", "dev", end.link, "nud",
                "permanent")
        }
    }

    /// Ends a silence.
    func hear(_ worker: Int) async throws {
        for (end, other) in [(end(of: worker), otherEnd(of: worker)), (otherEnd(of: worker), end(of: worker))] {
            try await Self.ip("-n", end.host, "neigh", "del", other.address, "dev", end.link)
        }
    }

    /// Delays packets of a link in both directions and drops some. Kernels without `netem` get a slow link with a short queue, which
    /// does both.
    func disturb(_ worker: Int) async throws {
        for end in [end(of: worker), otherEnd(of: worker)] {
            let device = ["-n", end.host, "qdisc", "add", "dev", end.link, "root"]
            do {
                try await tc(device + ["netem", "delay", "30ms", "10ms", "loss", "5%"])
            } catch {
                try await tc(device + ["tbf", "rate", "512kbit", "burst", "3000", "latency", "40ms"])
            }
        }
    }

    /// How many packets a disturbed link has dropped.
    func dropped(_ worker: Int) async throws -> Int {
        var count = 0
        for end in [end(of: worker), otherEnd(of: worker)] {
            let text = try await tc(["-s", "-n", end.host, "qdisc", "show", "dev", end.link])
            count += text.matches(of: /dropped ([0-9]+)/).reduce(0) { $0 + (Int($1.output.1) ?? 0) }
        }
        return count
    }

    /// Ends a disturbance.
    func calm(_ worker: Int) async throws {
        for end in [end(of: worker), otherEnd(of: worker)] {
            try await tc(["-n", end.host, "qdisc", "del", "dev", end.link, "root"])
        }
    }

    // MARK: - Means

    private struct End {
        var host: String
        var link: String
        var address: String
    }

    /// The end of a link on the host of Redis.
    private func end(of worker: Int) -> End { End(host: redis, link: "v\(worker)", address: "10.77.\(worker + 1).1") }

    private func otherEnd(of worker: Int) -> End {
        End(host: workers[worker], link: "v0", address: "10.77.\(worker + 1).2")
    }

    /// Where `ip` is; `PATH` of a user need not have it.
    private static let program =
        ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"].first(where: FileManager.default.isExecutableFile(atPath:))
        ?? "/usr/sbin/ip"

    @discardableResult
    private static func ip(_ arguments: String...) async throws -> String { try await run(program, arguments) }

    @discardableResult
    private func tc(_ arguments: [String]) async throws -> String {
        try await Self.run(String(Self.program.dropLast(2)) + "tc", arguments)
    }

    private func shell(_ line: String, on host: String) async throws {
        try await Self.ip("netns", "exec", host, "/bin/sh", "-c", line)
    }

    @discardableResult
    private static func run(_ path: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 4096))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "\(path) \(arguments.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A command that failed.
    struct Failure: Error, CustomStringConvertible { var description: String }
}
