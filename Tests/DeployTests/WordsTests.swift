import Foundation
import TestSupport
import Testing

/// The tool takes the words that the files start it with: `--check` tries them, and reaches no Redis.
@Suite(.timeLimit(.minutes(5)))
struct WordsTests {
    /// The lists of words in a file, one for each `sluice worker`, without the name of the program.
    private static func workers(_ name: String) throws -> [[String]] {
        var found: [[String]] = []
        var words: [String]?
        for line in try DeployFiles.text(name).split(separator: "\n") {
            guard let match = line.wholeMatch(of: /\s+- (sluice|worker|--\S+|[a-z]+)/) else {
                if let words, words.starts(with: ["sluice", "worker"]) { found.append(Array(words.dropFirst())) }
                words = nil
                continue
            }
            words = (words ?? []) + [String(match.output.1)]
        }
        if let words, words.starts(with: ["sluice", "worker"]) { found.append(Array(words.dropFirst())) }
        return found
    }

    private static func expectGood(_ words: [String], redis: String? = nil) async throws {
        let tool = Checker(path: try BuiltProgram.path("sluice"))
        let verdict = try await tool.check(words + ["--check"], redis: redis)
        #expect(verdict.isGood, "\(words): \(verdict.said)")
    }

    @Test func workersOfTheComposeFileStart() async throws {
        let workers = try Self.workers("compose.yaml")
        #expect(workers.count == 2)
        for words in workers { try await Self.expectGood(words, redis: "redis://worker:change-worker@redis") }
    }

    @Test func workersOfKubernetesStart() async throws {
        let folder = try CopiesFolder()
        let password = try folder.write("change-worker\n", to: "password")
        let text = try DeployFiles.text("kubernetes/base/sluice.yaml")
        let file = try folder.write(text.replacing("/run/secrets/redis/password", with: password), to: "sluice.yaml")
        let workers = try Self.workers("kubernetes/base/worker.yaml")
        #expect(workers.count == 1)
        for words in workers { try await Self.expectGood(words.map { $0.replacing("/etc/sluice/sluice.yaml", with: file) }) }
    }

    @Test func workersOfSystemdStart() async throws {
        let unit = try DeployFiles.text("systemd/sluice-worker@.service")
        let start = try #require(unit.firstMatch(of: /(?m)^ExecStart=\/usr\/local\/bin\/sluice (.+)$/)?.output.1)
        let longest = try #require(unit.firstMatch(of: /(?m)^Environment=LONGEST_JOB=(.+)$/)?.output.1)
        let options = try #require(try DeployFiles.text("systemd/worker.env").firstMatch(of: /(?m)^OPTIONS=(.+)$/)?.output.1)
        let line = start.replacing("%i", with: "films").replacing("${EXEC}", with: "cat")
            .replacing("${LONGEST_JOB}", with: longest).replacing("$OPTIONS", with: options)
        let url = "redis://worker:change-worker@redis.example.org"
        try await Self.expectGood(line.split(separator: " ").map(String.init), redis: url)
    }
}
