import Foundation
import Hiredis
import SluiceEmbedded
import SluiceToolSupport
import Testing

@testable import SluiceCLI

@Suite(.timeLimit(.minutes(10)))
struct PrivateServerTests {
    @Test func itIsStartedOnFirstUseSharedAndStopped() async throws {
        let home = "/tmp/sluice-cli-\(UInt32.random(in: .min ... .max))"
        func sluice(_ arguments: String...) async throws -> Tool.Result {
            try await Tool.run(arguments, environment: ["SLUICE_HOME": home])
        }
        let off = try await sluice("redis", "status", "--json")
        #expect(off.status == 1)
        #expect(off.output.hasPrefix(#"{"running":false,"#))
        #expect(try await sluice("enqueue", "mail", "--id", "a").status == 0)
        struct Running: Decodable {
            var running: Bool
            var pid: Int32
            var version: String
            var socket: String
            var url: String
            var uptime_ms: Int
            var memory_bytes: Int
        }
        let on = try await sluice("redis", "status", "--json")
        #expect(on.status == 0)
        #expect(try on.decoded(Running.self).socket == home + "/redis.sock")
        #expect(try await sluice("redis", "start").output == "unix://\(home)/redis.sock\n")
        #expect(try await sluice("redis", "cli", "HEXISTS", "sluice:{mail}:spec", "a").output == "1\n")
        #expect(try await sluice("redis", "stop").output == "stopped\n")
        #expect(try await sluice("jobs", "show", "a").status == 0)
        #expect(try await sluice("redis", "stop", "--json").output == #"{"stopped":true}"# + "\n")
        #expect(try await sluice("redis", "stop").output == "it was not running\n")
        try FileManager.default.removeItem(atPath: home)
    }

    /// redis-cli does not check the name in a certificate, and whoever passes for the server is told the password.
    @Test func redisCLIIsNotLetLooseOnWhomeverAnAuthorityVouchesFor() async throws {
        func check(_ url: String) throws -> String? { try RedisClientCall(RedisConfiguration(url: url)).warning }
        #expect(try check("redis://h") == nil && check("unix:///a") == nil && check("rediss://h?verify=none") == nil)
        let warning = try check("rediss://h?ca=/ca")
        #expect(warning?.contains("any server that /ca vouches for") == true)
        let refused = try await Tool.run(["--redis", "rediss://:pw@127.0.0.1:1", "redis", "cli", "PING"])
        #expect(refused.status == 1 && refused.error.contains("?ca=FILE") && !refused.error.contains("pw"), "\(refused.error)")
        let warned = try await Tool.run(["--redis", "rediss://127.0.0.1:1?ca=/nowhere", "redis", "cli", "PING"])
        #expect(warned.error.contains("does not check the name"), "\(warned.error)")
    }

    @Test func redisCLIIsToldOfAnyServer() throws {
        func options(_ url: String) throws -> [String] { try RedisClientCall(RedisConfiguration(url: url)).options }
        #expect(try options("redis://:pw@h:7/2") == ["-h", "h", "-p", "7", "-n", "2"])
        #expect(try options("redis://u:pw@h") == ["-h", "h", "-p", "6379", "--user", "u"])
        #expect(try options("redis+cluster://u:pw@a:7,b:8") == ["-h", "a", "-p", "7", "-c", "--user", "u"])
        #expect(try options("unix:///a%20b") == ["-s", "/a b"])
        #expect(
            try options("rediss://h?ca=/ca&cert=/c&key=/k&verify=none")
                == ["-h", "h", "-p", "6379", "--tls", "--cacert", "/ca", "--cert", "/c", "--key", "/k", "--insecure"])
    }
}
