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
        var cron = 0
    }

    private struct Entry: Decodable {
        struct Arguments: Decodable, Equatable { var card: String; var cvc: String }
        var args: Arguments
        var key: String
    }

    /// All that the keys of a namespace hold, in one text.
    private static let everything = """
        local all = {}
        local function add(value)
          if type(value) == 'table' then for _, one in ipairs(value) do add(one) end else all[#all + 1] = tostring(value) end
        end
        local read = {hash = {'HGETALL'}, set = {'SMEMBERS'}, string = {'GET'}, zset = {'ZRANGE', 0, -1},
          list = {'LRANGE', 0, -1}, stream = {'XRANGE', '-', '+'}}
        for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do
          local command = read[redis.call('TYPE', key).ok]
          add(key)
          add(redis.call(command[1], key, unpack(command, 2)))
        end
        return table.concat(all, ' ')
        """

    /// A file of its owner's own.
    private func file(_ text: String, mode: Int = 0o600) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID()).json").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
        return path
    }

    @Test func newKeysAreOneLineForPrograms() async throws {
        let result = try await Tool.run(["keys", "new", "--json"])
        #expect(result.status == 0 && result.output.split(separator: "\n").count == 1, "\(result.output)")
        #expect(try PayloadKeys(json: result.output).ids.count == 1)
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

    @Test func whatRecursIsEncryptedForAllTicks() async throws {
        let tool = try await Tool()
        let keys = try file(try await tool.run("keys", "new", "first").output)
        let others = try file(try await tool.run("keys", "new", "second").output)
        defer { for path in [keys, others] { try? FileManager.default.removeItem(atPath: path) } }
        let add = [
            "--redis", tool.url, "--namespace", tool.namespace, "cron", "add", "dun", "@every 1s", "--limit", "1", "--queue",
            "mail",
            "--args", #"{"card":"4111-1111","cvc":"c-v-c"}"#, "--redact", "cvc", "--encrypt",
        ]
        let without = try await Tool.run(add)
        #expect(without.status == 2 && without.error.contains("--keys FILE"), "\(without.error)")
        let missing = try await Tool.run(add + ["--keys", "/nonexistent"])
        #expect(missing.status == 2 && missing.error.contains("cannot be read"), "\(missing.error)")
        let added = try await Tool.run(add + ["--keys", keys])
        #expect(added.status == 0, "\(added.error)")
        for path in [nil, others] {
            let closed = try await tool.run("cron", "list", "--json", environment: path.map { ["SLUICE_KEYS": $0] } ?? [:])
            #expect(closed.output.contains(#""args":"[encrypted with key first]","key":"first""#), "\(closed.output)")
        }
        let open = try await tool.run("cron", "list", "--json", "--keys", keys).decoded([Entry].self)
        #expect(open.map(\.args) == [Entry.Arguments(card: "4111-1111", cvc: "[redacted]")])
        let usage = try await tool.run("keys", "usage", "--json").decoded([Usage].self)
        #expect(usage == [Usage(key: "first", jobs: 0, cron: 1)])

        let id = try await tool.run("cron", "run", "dun").output.trimmingCharacters(in: .newlines)
        let end = try await tool.worker("/bin/cat", ["--keys", keys]) { child, inspector in
            _ = try await tool.job(id, inspector) { $0.state == .completed }
            // The tick that comes by itself.
            let deadline = ContinuousClock.now + .seconds(300)
            while try await inspector.status(of: "mail").totals["completed", default: 0] < 2, ContinuousClock.now < deadline {
                _ = try await tool.run("cron", "history", "dun")
            }
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
        #expect(try await tool.run("jobs", "show", id, "--keys", keys).output.contains("4111-1111"))
        let stored = try await tool.server.cli(
            "EVAL", Self.everything, "1", "\(tool.namespace):{mail}:cron", tool.namespace)
        #expect(stored.contains("cron:dun:") && stored.contains(#""kind":"exec""#), "\(stored)")
        #expect(!stored.contains("4111-1111") && !stored.contains("c-v-c"), "\(stored)")
        let history = try await tool.run("cron", "history", "dun")
        #expect(history.output.contains("enqueued") && history.output.contains("by hand"), "\(history.output)")
    }

    @Test func aWorkerThatRequiresEncryptionLeavesPlainJobs() async throws {
        let tool = try await Tool()
        let keys = try file(try PayloadKeys.random(id: "first").json)
        defer { try? FileManager.default.removeItem(atPath: keys) }
        #expect(try await tool.run("enqueue", "mail", "--id", "plain").status == 0)
        #expect(try await tool.run("enqueue", "mail", "--id", "pay", "--encrypt", "--keys", keys).status == 0)
        let without = try await tool.run("worker", "mail", "--exec", "/bin/cat", "--require-encrypted")
        #expect(without.status == 2 && without.error.contains("--require-encrypted needs keys"), "\(without.error)")
        let end = try await tool.worker("/bin/cat", ["--keys", keys, "--require-encrypted"]) { child, inspector in
            _ = try await tool.job("pay", inspector) { $0.state == .completed }
            let plain = try await tool.job("plain", inspector) { !$0.failures.isEmpty }
            #expect(plain.state == .scheduled && plain.attempts == 0)
            #expect(plain.failures.last?.message.contains("is not encrypted") == true)
            try child.send(signal: .terminate)
        }
        #expect(end.status == .exited(0))
    }

    @Test func rotatingKeepsTheOldKey() async throws {
        let first = try file(try PayloadKeys.random(id: "first").json)
        defer { try? FileManager.default.removeItem(atPath: first) }
        let rotated = try await Tool.run(["keys", "rotate", "second", "--keys", first])
        let keys = try PayloadKeys(json: rotated.output)
        #expect(rotated.status == 0 && keys.current == "second" && keys.ids == ["first", "second"])
        #expect(try await Tool.run(["keys", "rotate", "first", "--keys", first]).status == 2)
        // Twice on one day, and on the day on which the keys were made.
        let today = try file(try await Tool.run(["keys", "new"]).output)
        defer { try? FileManager.default.removeItem(atPath: today) }
        let again = try PayloadKeys(json: try await Tool.run(["keys", "rotate", "--keys", today]).output)
        #expect(again.ids.count == 2 && again.current.hasSuffix("-2"))
        #expect(KeysRotateCommand.fresh("a", beside: ["a", "a-2"]) == "a-3")
        #expect(try await Tool.run(["keys", "rotate", "second"]).status == 2)
    }

    @Test func badFilesAreRefusedAndNotRepeated() async throws {
        let tool = try await Tool()
        let open = try file(try PayloadKeys.random(id: "first").json, mode: 0o666)
        let senseless = try file(#"{"current":"secret"}"#)
        defer { for path in [open, senseless] { try? FileManager.default.removeItem(atPath: path) } }
        for (path, what) in [
            (open, "can be changed by others"), (senseless, "make no sense"), ("/nonexistent", "cannot be read"),
        ] {
            let refused = try await tool.run("enqueue", "mail", "--encrypt", "--keys", path)
            #expect(refused.status == 2 && refused.error.contains(what), "\(refused.error)")
            #expect(!refused.error.contains("secret"))
        }
        let readable = try file(try PayloadKeys.random(id: "first").json, mode: 0o644)
        defer { try? FileManager.default.removeItem(atPath: readable) }
        let warned = try await tool.run("enqueue", "mail", "--encrypt", "--keys", readable)
        #expect(warned.status == 0 && warned.error.contains("warning: the file of keys"), "\(warned.error)")
        let without = try await tool.run("enqueue", "mail", "--encrypt")
        #expect(without.status == 2 && without.error.contains("--keys FILE"))
        #expect(try await tool.run("keys", "new", "a b").status == 2)
    }
}
