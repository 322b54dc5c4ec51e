import Foundation
import SluiceTesting
import SluiceToolSupport
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `sluice top` as it is built: for a script, and on a pseudo-terminal.
@Suite(.timeLimit(.minutes(10)))
struct TopToolTests {
    private struct Look: Decodable {
        struct Row: Decodable {
            var queue: String
            var waiting: Int
            var later: Int
            var running: Int
            var in_per_minute: Double?
            var workers: Int
            var paused: Bool
            var remarks: [String]
        }
        struct Redis: Decodable { var namespace: String; var version: String?; var memory_bytes: Int? }
        var queues: Int
        var rows: [Row]
        var redis: Redis
    }

    private func filled() async throws -> Tool {
        let tool = try await Tool()
        for id in ["a", "b"] { _ = try await tool.run("enqueue", "mail", "--id", id, "--needs", "tmdb") }
        _ = try await tool.run("enqueue", "web", "--delay", "1h")
        _ = try await tool.run("queues", "pause", "web", "--reason", "a move")
        return tool
    }

    @Test func aScriptGetsOneLook() async throws {
        let tool = try await filled()
        let look = try await tool.run("top", "--json").decoded(Look.self)
        #expect(look.rows.map(\.queue) == ["mail", "web"] && look.rows.map(\.waiting) == [2, 0])
        #expect(look.rows.map(\.later) == [0, 1] && look.rows.map(\.paused) == [false, true])
        #expect(look.rows[0].remarks == ["no worker"] && look.rows[1].remarks.last == "no worker")
        #expect(try #require(look.rows[0].in_per_minute) > 0.9)
        #expect(look.redis.namespace == tool.namespace && look.redis.version != nil && look.redis.memory_bytes ?? 0 > 0)
        let table = try await tool.run("top")
        #expect(table.status == 0 && table.output.split(separator: "\n").count == 3)
        #expect(table.output.contains("paused") && !table.output.contains("\u{1B}"))
        #expect(try await tool.run("top", "mail", "--once").output.split(separator: "\n").count == 2)
        #expect(try await tool.run("top", "typo").status == 2)
        #expect(try await tool.run("top", "--interval", "10ms").status == 2)
    }

    /// The first look costs four calls a queue at most, and some for the server, whatever the number of jobs.
    @Test func aLookIsCheap() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        for queue in 0..<8 {
            _ = try await tool.run("enqueue", "q\(queue)", "--lines", input: (0..<200).map { "\($0)\n" }.joined())
        }
        try await server.cli("CONFIG", "RESETSTAT")
        _ = try await tool.run("top", "--once")
        // What functions do is counted with it, so only the calls of functions tell.
        let calls = try await server.cli("INFO", "commandstats").matches(of: /cmdstat_fcall(?:_ro)?:calls=(\d+)/)
            .compactMap { Int($0.1) }.reduce(0, +)
        // Status, limits and history of each, the latter by two calls, and some more.
        #expect(calls > 8 && calls <= 4 * 8 + 8, "\(calls)")
    }

    /// Runs it on a terminal of 80 by 24 while `body` talks to it. Returns how it ended and what it wrote.
    private func onTerminal(
        _ tool: Tool, _ options: [String] = [], _ body: (Screen) async throws -> Void
    ) async throws -> (status: TerminationStatus, written: String) {
        let screen = try Screen()
        defer { screen.close() }
        let slave = FileDescriptor(rawValue: screen.slave)
        let result = try await Subprocess.run(
            .path(FilePath(try Tool.path)),
            arguments: Arguments(["--redis", tool.url, "--namespace", tool.namespace, "top", "--interval", "500ms"] + options),
            environment: .inherit.updating(["TERM": "xterm", "NO_COLOR": "1"]),
            input: .fileDescriptor(slave, closeAfterSpawningProcess: false),
            output: .fileDescriptor(slave, closeAfterSpawningProcess: false),
            error: .string(limit: 1 << 16)
        ) { child in
            do {
                screen.child = child.processIdentifier.value
                try await body(screen)
            } catch {
                Issue.record(error)
                kill(screen.child, SIGKILL)
            }
        }
        try screen.read()
        #expect(result.standardError == "")
        #expect(screen.written.hasPrefix("\u{1B}[?1049h") && screen.written.hasSuffix("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"))
        #expect(try screen.settings() == screen.settingsBefore)
        return (result.terminationStatus, screen.written)
    }

    @Test func keysWorkAndTheTerminalIsRestored() async throws {
        let tool = try await filled()
        let (status, written) = try await onTerminal(tool, ["--actor", "ada", "--reason", "too much"]) { screen in
            try await screen.wait(for: ">mail")
            #expect(try screen.settings() != screen.settingsBefore)
            screen.type("p")
            try await screen.wait(for: "pause mail? y")
            screen.type("y")
            try await screen.wait(for: "paused mail")
            screen.type("e")
            try await screen.wait(for: "has waited longest is a")
            screen.type("x\u{1B}[B")
            try await screen.wait(for: ">web")
            screen.resize(width: 40, height: 12)
            try await screen.wait { $0.last { $0.hasPrefix("sluice top") }?.filter { $0 != "\r" }.count ?? 99 <= 40 }
            screen.type("q")
        }
        #expect(status == .exited(0))
        #expect(!written.contains("\u{1B}[2J move"))
        let log = try await tool.run("log", "--actor", "ada").output
        #expect(log.contains("queues pause  mail   1 changed") && log.contains("(too much)"))
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT]) func aSignalRestoresTheTerminal(_ signal: Int32) async throws {
        let (status, _) = try await onTerminal(try await filled()) { screen in
            try await screen.wait(for: ">mail")
            kill(screen.child, signal)
        }
        #expect(status == .exited(130))
    }

    @Test func anAbsentRedisIsToldAndDoesNotHoldTheKeys() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        _ = try await tool.run("enqueue", "mail")
        let (status, _) = try await onTerminal(tool) { screen in
            try await screen.wait(for: ">mail")
            try await server.cli("SHUTDOWN", "NOSAVE")
            try await screen.wait(for: "no news: ")
            screen.type("q")
        }
        #expect(status == .exited(0))
    }
}
