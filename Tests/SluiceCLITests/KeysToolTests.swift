import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import Testing

@testable import SluiceCLI

/// Encrypted and redacted jobs, from the tool.
@Suite(.timeLimit(.minutes(10)))
struct KeysToolTests {
    private struct Shown: Decodable {
        var arguments: String
        var key: String?
    }

    private struct Usage: Decodable, Equatable {
        var key: String?
        var jobs: Int
    }

    /// A file of its owner's own.
    private func file(_ text: String, mode: Int = 0o600) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID()).json").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
        return path
    }

    @Test func aCommandRunsAnEncryptedJobAndNobodyElseReadsIt() async throws {
        let tool = try await Tool()
        let keys = try file(try await tool.run("keys", "new", "first").output)
        defer { try? FileManager.default.removeItem(atPath: keys) }
        let secret = #"{"card":"4111"}"#
        let added = try await tool.run(
            "enqueue", "mail", "--id", "pay", "--args", secret, "--encrypt", "--keys", keys, "--redact", "cvc")
        #expect(added.status == 0, "\(added.error)")
        #expect(try await tool.run("enqueue", "mail", "--id", "plain", "--redact", "card", "--args", secret).status == 0)
        let closed = try await tool.run("jobs", "show", "pay", "--json").decoded(Shown.self)
        #expect(closed.arguments == "[encrypted with key first]" && closed.key == "first")
        #expect(try await tool.run("jobs", "show", "pay", "--keys", keys).output.contains("4111"))
        #expect(try await !tool.run("jobs", "list").output.contains("4111"))
        #expect(try await tool.run("jobs", "show", "plain").output.contains(#"{"card":"[redacted]"}"#))
        let usage = try await tool.run("keys", "usage", "--json").decoded([Usage].self)
        #expect(usage == [Usage(key: nil, jobs: 1), Usage(key: "first", jobs: 1)])

        let echo = #"/bin/sh -c 'cat; echo " $SLUICE_KEYS"'"#
        let end = try await tool.worker(echo, ["--keys", keys], environment: ["SLUICE_KEYS": keys]) { child, inspector in
            for id in ["pay", "plain"] { _ = try await tool.job(id, inspector) { $0.state == .completed } }
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        // The command did not learn where the keys are, so it printed the arguments and a blank.
        let card = try await tool.run("jobs", "show", "pay", "--keys", keys).output
        #expect(
            card.split(separator: "\n").filter { $0.trimmingCharacters(in: .whitespaces).hasSuffix(secret) }.count == 2, "\(card)"
        )
        #expect(try await !tool.run("jobs", "show", "pay").output.contains("4111"))
    }

    @Test func rotatingKeepsTheOldKey() async throws {
        let first = try file(try PayloadKeys.random(id: "first").json)
        defer { try? FileManager.default.removeItem(atPath: first) }
        let rotated = try await Tool.run(["keys", "rotate", "second", "--keys", first])
        let keys = try PayloadKeys(json: rotated.output)
        #expect(rotated.status == 0 && keys.current == "second" && keys.ids == ["first", "second"])
        #expect(try await Tool.run(["keys", "rotate", "first", "--keys", first]).status == 2)
        #expect(try await Tool.run(["keys", "rotate", "second"]).status == 2)
    }

    @Test func badFilesAreRefusedAndNotRepeated() async throws {
        let tool = try await Tool()
        let open = try file(try PayloadKeys.random(id: "first").json, mode: 0o644)
        let senseless = try file(#"{"current":"secret"}"#)
        defer { for path in [open, senseless] { try? FileManager.default.removeItem(atPath: path) } }
        for (path, what) in [(open, "chmod 600"), (senseless, "make no sense"), ("/nonexistent", "cannot be read")] {
            let refused = try await tool.run("enqueue", "mail", "--encrypt", "--keys", path)
            #expect(refused.status == 2 && refused.error.contains(what), "\(refused.error)")
            #expect(!refused.error.contains("secret"))
        }
        let without = try await tool.run("enqueue", "mail", "--encrypt")
        #expect(without.status == 2 && without.error.contains("--keys FILE"))
        #expect(try await tool.run("keys", "new", "a b").status == 2)
    }
}
