import Foundation
import Subprocess
import Testing

@testable import SluiceEmbedded

@Suite(.timeLimit(.minutes(10)))
struct EmbeddedRedisTests {
    @Test func manyWhoStartAtOnceShareOneServer() async throws {
        try await withHome { home in
            let urls = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await EmbeddedRedis(home: home).start() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(urls == Array(repeating: "unix://\(home)/redis.sock", count: 8))
            let starts =
                try String(contentsOfFile: home + "/redis.log", encoding: .utf8)
                .components(separatedBy: "Redis is starting").count - 1
            #expect(starts == 1)
        }
    }

    @Test func statusTellsWhatRuns() async throws {
        try await withHome { home in
            let redis = EmbeddedRedis(home: home)
            #expect(try await redis.status() == .notRunning)
            _ = try await redis.start()
            guard case .running(let details) = try await redis.status() else {
                Issue.record("not running")
                return
            }
            #expect(details.processID == redis.recordedProcessID)
            let installed = try await RedisExecutable.find().version
            #expect(details.version == installed)
            #expect(details.memory > 100_000)
            #expect(details.uptime < .seconds(600))
            #expect(try await redis.stop())
            #expect(try await redis.status() == .notRunning)
            #expect(try await !redis.stop())
        }
    }

    @Test func dataOutlivesAStop() async throws {
        try await withHome { home in
            let redis = EmbeddedRedis(home: home)
            _ = try await redis.start()
            #expect(try await redis.probe.ask("SET kept value") == .reply("OK"))
            #expect(try await redis.stop())
            _ = try await redis.start()
            #expect(try await redis.probe.ask("GET kept") == .reply("value"))
        }
    }

    @Test func onlyItsUserCanReachIt() async throws {
        try await withHome(named: "state/of mine") { home in
            let redis = EmbeddedRedis(home: home)
            let url = try await redis.start()
            #expect(url.hasSuffix("/state/of%20mine/redis.sock"))
            #expect(try mode(home) == 0o700)
            #expect(try mode(redis.socketPath) == 0o700)
            #expect(try mode(redis.logPath) == 0o600)
            #expect(try await runCommand("redis-cli", ["-s", redis.socketPath, "CONFIG", "GET", "port"]) == "port\n0\n")
        }
    }

    @Test func whatACrashLeavesBehindDoesNotMatter() async throws {
        try await withHome { home in
            let redis = EmbeddedRedis(home: home)
            _ = try await redis.start()
            let first = redis.recordedProcessID
            #expect(kill(first, SIGKILL) == 0)
            // No waiting here: a start right after the crash has to cope.
            _ = try await redis.start()
            #expect(try await redis.probe.ask("PING") == .reply("PONG"))
            #expect(redis.recordedProcessID != first)
            #expect(try await redis.stop())
            // The pid of a living stranger, and a socket no one listens on.
            try Data("\(getpid())\n".utf8).write(to: URL(fileURLWithPath: home + "/redis.pid"))
            try Data().write(to: URL(fileURLWithPath: redis.socketPath))
            #expect(try await redis.status() == .notRunning)
            #expect(try await !redis.stop())
            _ = try await redis.start()
            #expect(redis.recordedProcessID != getpid())
        }
    }

    @Test func aServerWhoseSocketWasRemovedIsNotDoubledAndCanBeStopped() async throws {
        try await withHome { home in
            let redis = EmbeddedRedis(home: home, patience: .milliseconds(300))
            _ = try await EmbeddedRedis(home: home).start()
            let process = redis.recordedProcessID
            try FileManager.default.removeItem(atPath: redis.socketPath)
            await #expect(throws: EmbeddedRedisError.silent(socket: redis.socketPath, processID: process)) {
                try await redis.start()
            }
            #expect(try await redis.status() == .silent(processID: process))
            #expect(try await EmbeddedRedis(home: home).stop())
        }
    }

    @Test func aServerThatDiesAtItsStartIsQuoted() async throws {
        try await withHome { home in
            let redis = EmbeddedRedis(home: home)
            try PrivateDirectory.prepare(home, marker: "redis.lock")
            let folder = home + "/appendonlydir"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: folder + "/appendonly.aof.manifest"))
            let error = await #expect(throws: EmbeddedRedisError.self) { try await redis.start() }
            #expect("\(error, default: "none")".contains("FATAL AOF MANIFEST"))
        }
    }

    @Test func aPathThatNoSocketCanHaveIsRefused() async throws {
        let home = "/tmp/" + String(repeating: "x", count: UnixSocket.pathLimit)
        let error = await #expect(throws: EmbeddedRedisError.self) { try await EmbeddedRedis(home: home).start() }
        #expect(error == .socketPathTooLong(path: home + "/redis.sock", limit: UnixSocket.pathLimit))
        #expect(error?.description.contains("SLUICE_HOME") == true)
        #expect(!FileManager.default.fileExists(atPath: home))
    }

    @Test func theLongestPathWorks() async throws {
        try await withHome { home in
            let room = UnixSocket.pathLimit - "\(home)/".utf8.count - "/redis.sock".utf8.count
            let deep = home + "/" + String(repeating: "d", count: room)
            let redis = EmbeddedRedis(home: deep)
            #expect(redis.socketPath.utf8.count == UnixSocket.pathLimit)
            _ = try await redis.start()
            #expect(try await redis.stop())
        }
    }

    @Test func withoutAServerItSaysWhatToInstall() async throws {
        try await withHome { home in
            let error = await #expect(throws: EmbeddedRedisError.notInstalled) {
                try await EmbeddedRedis(home: home, searchPath: "/nowhere:\(home)").start()
            }
            #expect(error?.description.contains("apt-get install redis-server") == true)
            #expect(error?.description.contains("\n") == false)
        }
    }
}
