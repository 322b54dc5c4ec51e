import ArgumentParser
import SluiceCore
import SluiceEmbedded
import SluiceInspector
import SluiceToolSupport

struct RedisClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "A private Redis Cluster to try: three primaries and three replicas on this machine.",
        discussion: """
            It listens on ports of 127.0.0.1 and has a random password, which is part of its URL. Its data and its logs are under \
            $SLUICE_HOME/cluster. No other command starts it: name its URL with --redis or $SLUICE_REDIS_URL.
            """,
        subcommands: [RedisClusterStartCommand.self, RedisClusterStopCommand.self, RedisClusterStatusCommand.self])

    @OptionGroup var global: GlobalOptions
}

struct RedisClusterStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start the nodes that do not run, and print the URL of the cluster.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let cluster = EmbeddedCluster()
        let url = try await cluster.start()
        if global.json {
            try Terminal.output.json(["url": .string(url), "directory": .string(cluster.home)])
        } else {
            try Terminal.output.line(url)
        }
    }
}

struct RedisClusterStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop all nodes in order. Their data is kept for the next start.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let stopped = try await EmbeddedCluster().stop()
        if global.json {
            try Terminal.output.json(["stopped": .bool(stopped)])
        } else {
            try Terminal.output.line(stopped ? "stopped" : "it was not running")
        }
    }
}

struct RedisClusterStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show its nodes, and start none. Exit status 1 unless the whole cluster runs.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let cluster = EmbeddedCluster()
        let status = try await cluster.status()
        let url = try cluster.url()
        if global.json {
            try Terminal.output.json(Self.json(status, url: url))
        } else {
            let terminal = Terminal.output
            try terminal.lines(Self.lines(status, url: url, width: terminal.width, style: terminal.style))
        }
        if !status.isWhole { throw ExitCode.no }
    }

    static func json(_ status: EmbeddedCluster.Status, url: String?) -> JSONValue {
        guard case .running(let nodes) = status else { return ["running": false, "url": JSONValue(url)] }
        let list = nodes.map { node -> JSONValue in
            [
                "node": .string(node.address), "role": JSONValue(node.role?.rawValue),
                "slots": .array(node.slots.map { .string($0) }), "primary": JSONValue(node.primary),
                "state": .string(node.state.rawValue), "pid": node.processID > 0 ? .integer(Int(node.processID)) : .null,
            ]
        }
        return ["running": .bool(status.isWhole), "url": JSONValue(url), "nodes": .array(list)]
    }

    static func lines(
        _ status: EmbeddedCluster.Status, url: String?, width: Int? = nil, style: Style = .plain
    ) -> [String] {
        guard case .running(let nodes) = status else { return ["not running"] }
        var table = Table([.text("NODE"), .text("ROLE"), .text("SLOTS"), .text("STATE"), .number("PROCESS")])
        for node in nodes {
            let slots = node.primary.map { "those of \($0)" } ?? node.slots.joined(separator: " ")
            table.append([
                node.address, node.role?.rawValue ?? "-", slots.isEmpty ? "-" : slots, node.state.rawValue,
                node.processID > 0 ? "\(node.processID)" : "-",
            ])
        }
        return table.lines(width: width, style: style) + (url.map { ["url  \($0)"] } ?? [])
    }
}
