import Foundation
import SluiceTesting
import Testing

/// The user `admin` may run every command of `redis-cli` that the runbook has, and Redis knows it.
@Suite(.timeLimit(.minutes(5)))
struct RunbookRedisTests {
    /// Options of `redis-cli` that have a value.
    private static let valued: Set = ["-h", "-p", "-i", "--user"]

    /// The words behind each `redis-cli`, as a shell splits them. Those to Sentinel are left out.
    private static func calls(_ text: String) -> [[String]] {
        text.matches(of: /(?:^|[`\s(])redis-cli ([^`\n]+)/).compactMap { match in
            let line = match.output.1
            let end = line.firstRange(of: /\s[|>#]|;/)?.lowerBound ?? line.endIndex
            let words = words(String(line[..<end]))
            let isOption = words.contains { $0.hasPrefix("--") && $0 != "--user" }
            return isOption || words.starts(with: ["-p", "26379"]) ? nil : words
        }
    }

    private static func words(_ line: String) -> [String] {
        line.matches(of: /'([^']*)'|"([^"]*)"|(\S+)/).map { String($0.output.1 ?? $0.output.2 ?? $0.output.3 ?? "") }
    }

    /// The command of Redis among them.
    private static func command(_ words: [String]) -> [String] {
        var left = words[...]
        while let first = left.first, first.hasPrefix("-") || first.hasPrefix("$") {
            left = left.dropFirst(valued.contains(first) ? 2 : 1)
        }
        return Array(left)
    }

    /// Red if the runbook has a command that the list of `admin` lacks, or one that is misspelt.
    @Test func theAdministratorMayRunThemAll() async throws {
        let users = try await RedisUsers.start()
        let commands = Set(Self.calls(try Runbook().text).map(Self.command).filter { !$0.isEmpty })
        #expect(commands.count > 30)
        for command in commands.sorted(by: { $0.joined() < $1.joined() }) {
            do {
                let said = try await users.server.cli(["ACL", "DRYRUN", "admin"] + command)
                #expect(said == "OK", "\(command): \(said)")
            } catch {
                Issue.record("\(command): \(error)")
            }
        }
    }

    /// What `redis-cli` itself asks for with an option: `--memkeys`, `--latency`. For `--cluster` there is a user apart.
    @Test func theAdministratorMayUseItsOptions() async throws {
        let options = try Runbook().text.matches(of: /redis-cli --([a-z]+)\s/).map { String($0.output.1) }
        #expect(Set(options) == ["memkeys", "latency", "cluster"])
        let users = try await RedisUsers.start()
        let asked = [
            ["PING"], ["SCAN", "0"], ["TYPE", "sluice:a"], ["DBSIZE"], ["MEMORY", "USAGE", "sluice:a", "SAMPLES", "0"],
        ]
        for command in asked { try await users.run(command, as: "admin") }
    }
}
