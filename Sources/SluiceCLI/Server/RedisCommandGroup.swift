import ArgumentParser
import SluiceCore
import SluiceEmbedded
import SluiceInspector
import SluiceToolSupport

struct RedisCommandGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redis", abstract: "Your private Redis: started on first use, shared by all commands of yours.",
        discussion: "Its data, its socket and its log are under $SLUICE_HOME, by default ~/.local/state/sluice.",
        subcommands: [
            RedisStartCommand.self, RedisStopCommand.self, RedisStatusCommand.self, RedisClientCommand.self,
            RedisClusterCommand.self,
        ])

    @OptionGroup var global: GlobalOptions
}

struct RedisStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start it unless it runs, and print its URL.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let redis = EmbeddedRedis()
        let url = try await redis.start()
        if global.json {
            try Terminal.output.json(["url": .string(url), "socket": .string(redis.socketPath)])
        } else {
            try Terminal.output.line(url)
        }
    }
}

struct RedisStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop it in order. Its data is kept, and the next command starts it again.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let stopped = try await EmbeddedRedis().stop()
        if global.json {
            try Terminal.output.json(["stopped": .bool(stopped)])
        } else {
            try Terminal.output.line(stopped ? "stopped" : "it was not running")
        }
    }
}

struct RedisStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show whether it runs, and start nothing. Exit status 1 if it does not.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let redis = EmbeddedRedis()
        let status = try await redis.status()
        if global.json {
            try Terminal.output.json(Self.json(status, url: redis.url))
        } else {
            try Terminal.output.lines(Self.lines(status, url: redis.url))
        }
        guard case .running = status else { throw ExitCode.no }
    }

    static func json(_ status: EmbeddedRedis.Status, url: String) -> JSONValue {
        switch status {
        case .notRunning: ["running": false, "url": .string(url)]
        case .silent(let process): ["running": false, "url": .string(url), "pid": .integer(Int(process))]
        case .running(let details):
            [
                "running": true, "url": .string(url), "pid": .integer(Int(details.processID)),
                "version": .string(details.version), "socket": .string(details.socketPath),
                "uptime_ms": .integer(details.uptime.milliseconds), "memory_bytes": .integer(details.memory),
            ]
        }
    }

    static func lines(_ status: EmbeddedRedis.Status, url: String) -> [String] {
        switch status {
        case .notRunning: ["not running"]
        case .silent(let process): ["running as process \(process), but it does not answer"]
        case .running(let details):
            [
                "running as process \(details.processID) for \(HumanText.duration(details.uptime))",
                "  version  \(details.version)",
                "  memory   \(HumanText.bytes(details.memory))",
                "  url      \(url)",
            ]
        }
    }
}
