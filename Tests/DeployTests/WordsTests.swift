import Foundation
import TestSupport
import Testing

/// The programs take the words that the files start them with: `--check` tries them, and reaches no Redis.
@Suite(.timeLimit(.minutes(5)))
struct WordsTests {
    private static let folder = "systemd/"

    /// The lists of words in a file that begin with these, without the name of the program.
    private static func calls(_ name: String, of beginning: [String]) throws -> [[String]] {
        var found: [[String]] = []
        var words: [String] = []
        // The line at the end closes the last list.
        for line in try DeployFiles.text(name).split(separator: "\n") + [Substring("end")] {
            if let match = line.wholeMatch(of: /\s+- (--\S+|[a-z][a-z-]*)/) {
                words.append(String(match.output.1))
            } else {
                if words.starts(with: beginning) { found.append(Array(words.dropFirst())) }
                words = []
            }
        }
        return found
    }

    /// The words behind a program in a unit, with the values of the example beside it.
    private static func call(_ unit: String, of program: String, _ example: String) throws -> String {
        let text = try DeployFiles.text(folder + unit)
        let lines = text.matches(of: /(?m)^ExecStart=\/usr\/local\/bin\/(\S+) (.+)$/)
        let start = try #require(lines.first)
        #expect(lines.count == 1 && start.output.1 == program)
        let options = try #require(try DeployFiles.text(folder + example).firstMatch(of: /(?m)^OPTIONS=(.+)$/)?.output.1)
        return String(start.output.2).replacing("$OPTIONS", with: options)
    }

    private static func expectGood(_ words: [String], of program: String = "sluice", redis: String? = nil) async throws {
        let tool = Checker(path: try BuiltProgram.path(program))
        let verdict = try await tool.check(words + ["--check"], redis: redis)
        #expect(verdict.isGood, "\(program) \(words): \(verdict.said)")
    }

    @Test func workersOfTheComposeFileStart() async throws {
        let workers = try Self.calls("compose.yaml", of: ["sluice", "worker"])
        #expect(workers.count == 2)
        for words in workers { try await Self.expectGood(words, redis: "redis://worker:change-worker@redis") }
    }

    @Test func workersOfKubernetesStart() async throws {
        let folder = try CopiesFolder()
        let password = try folder.write("change-worker\n", to: "password")
        let text = try DeployFiles.text("kubernetes/base/sluice.yaml")
        let file = try folder.write(text.replacing("/run/secrets/redis/password", with: password), to: "sluice.yaml")
        let workers = try Self.calls("kubernetes/base/worker.yaml", of: ["sluice", "worker"])
        #expect(workers.count == 1)
        for words in workers { try await Self.expectGood(words.map { $0.replacing("/etc/sluice/sluice.yaml", with: file) }) }
    }

    @Test func workersOfSystemdStart() async throws {
        let unit = try DeployFiles.text(Self.folder + "sluice-worker@.service")
        let longest = try #require(unit.firstMatch(of: /(?m)^Environment=LONGEST_JOB=(.+)$/)?.output.1)
        let line = try Self.call("sluice-worker@.service", of: "sluice", "worker.env").replacing("%i", with: "films")
            .replacing("${EXEC}", with: "cat").replacing("${LONGEST_JOB}", with: longest)
        let url = "redis://worker:change-worker@redis.example.org"
        try await Self.expectGood(line.split(separator: " ").map(String.init), redis: url)
    }

    /// With a file in the place of each secret.
    @Test func relaysStart() async throws {
        let folder = try CopiesFolder()
        let password = try folder.write("change-worker\n", to: "password")
        let secrets = try folder.write("a secret of enough bytes\n", to: "secrets")
        for name in ["compose.yaml", "kubernetes/base/webhooks.yaml"] {
            let relays = try Self.calls(name, of: ["sluice-webhooks"])
            #expect(relays.count == 1, "\(name)")
            for words in relays {
                let words = words.map { word in
                    let parts = word.split(separator: "=", maxSplits: 1)
                    switch parts.first {
                    case "--secret-file": return "--secret-file=\(secrets)"
                    case "--redis-password-file": return "--redis-password-file=\(password)"
                    case nil, .some: return word
                    }
                }
                let isNamed = words.contains { $0.hasPrefix("--redis=") }
                try await Self.expectGood(
                    words, of: "sluice-webhooks", redis: isNamed ? nil : "redis://worker:change-worker@redis")
            }
        }
        let line = try Self.call("sluice-webhooks.service", of: "sluice-webhooks", "webhooks.env")
            .replacing("%d/secrets", with: secrets)
        try await Self.expectGood(
            line.split(separator: " ").map(String.init), of: "sluice-webhooks", redis: "redis://worker:change-worker@redis")
    }
}
