import ArgumentParser
import Foundation
import SluiceCore
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// What a file of settings becomes before the command line is parsed.
struct SettingsFileTests {
    private let path = Tool.newPath()

    private func settings(
        _ yaml: String, _ words: [String] = ["worker"], _ environment: [String: String] = [:]
    ) throws -> ToolSettings {
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        let variables = environment.merging([SettingsOptions.variable: path]) { $1 }
        return try #require(try ToolSettings(words, of: SluiceTool.self, .worker, environment: variables))
    }

    /// What is wrong with a file, without its path.
    private func problems(_ yaml: String) -> [String] {
        do {
            _ = try settings(yaml)
            return []
        } catch let error as Failure {
            return [told(error)]
        } catch let findings as Findings {
            return findings.errors.map(told)
        } catch {
            return ["\(error)"]
        }
    }

    private func told(_ error: any Error) -> String {
        guard let failure = error as? Failure, failure.status == .usage else { return "\(error)" }
        return failure.message.hasPrefix("\(path):") ? String(failure.message.dropFirst(path.count + 1)) : failure.message
    }

    private static let whole = """
        # for all programs
        redis: rediss://worker@redis:6380?ca=/ca.pem
        redis-password-file: /run/secrets/redis
        namespace: shop
        json: true
        keys: /run/secrets/keys
        worker:
          namespace: orders
          queues: [mail, web]
          exec: sh -c 'cat; true'
          concurrency: 7
          limit:
            - concurrency=2/account
            - "rate=300/1s"
          require-encrypted: false
        server:
          listen: :80
        webhooks:
        """

    @Test func settingsBecomeWordsBehindTheCommand() throws {
        let expected = [
            "--actor", "me", "worker", "--redis=rediss://worker@redis:6380?ca=/ca.pem",
            "--redis-password-file=/run/secrets/redis", "--json", "--keys=/run/secrets/keys", "--namespace=orders", "mail", "web",
            "--exec=sh -c 'cat; true'", "--concurrency=7", "--limit=concurrency=2/account", "--limit=rate=300/1s",
        ]
        let words = try settings(Self.whole, ["--actor", "me", "worker"]).words
        #expect(words == expected)
        let command = try SluiceTool.parseAsRoot(words)
        let worker = try #require(command as? WorkerCommand)
        #expect(worker.queues.map(\.text) == ["mail", "web"] && worker.limit.count == 2 && worker.global.json)
        #expect(worker.global.namespace?.text == "orders" && worker.concurrency == 7 && !worker.requireEncrypted)
    }

    @Test func optionsAndTheEnvironmentGoBeforeAFile() throws {
        let words = ["worker", "docs", "--exec", "true", "--limit=concurrency=1", "--namespace", "n"]
        let result = try settings(
            Self.whole, words, ["SLUICE_REDIS_URL": "redis://other", "SLUICE_KEYS": "/k", "SLUICE_REDIS_PASSWORD_FILE": ""])
        #expect(
            result.words == ["worker", "--redis-password-file=/run/secrets/redis", "--json", "--concurrency=7"]
                + words.dropFirst())
        // An empty variable is none.
        let empty = try settings("redis: redis://h\nkeys: /k", ["worker"], ["SLUICE_REDIS_URL": "", "SLUICE_KEYS": ""])
        #expect(empty.words == ["worker", "--redis=redis://h", "--keys=/k"])
    }

    @Test func theOrderOfSectionAndCommonSettingsDoesNotMatter() throws {
        for yaml in ["worker: {namespace: a}\nnamespace: b", "namespace: b\nworker: {namespace: a}"] {
            #expect(try settings(yaml).words == ["worker", "--namespace=a"])
        }
    }

    @Test func fewFilesAreLookedFor() throws {
        func words(_ words: [String], _ environment: [String: String]) throws -> [String]? {
            try ToolSettings(words, of: SluiceTool.self, .worker, environment: environment)?.words
        }
        let none = ["SLUICE_CONFIG": "/nonexistent/sluice.yaml"]
        for other in [["status", "--help"], ["worker", "--help"], ["help", "worker"], ["--version"], []] {
            #expect(try words(other, none) == nil, "\(other)")
        }
        #expect(try words(["worker", "mail"], ["SLUICE_CONFIG": ""]) == nil)
        for asked in [["worker", "--config", "/nonexistent/a"], ["worker", "--config=/nonexistent/a", "mail"]] {
            let error = #expect(throws: Failure.self) { try words(asked, none) }
            #expect(error?.message == "the file of settings '/nonexistent/a' cannot be read: No such file or directory")
        }
        // All that connect read it, so that none works on another Redis than it means.
        for other in [["status"], ["enqueue", "worker"], ["jobs"], ["jobs", "list"], ["redis", "cli", "PING"]] {
            #expect(throws: Failure.self, "\(other)") { try words(other, none) }
        }
        // What follows is no option.
        #expect(throws: Failure.self) { try words(["worker", "--exec", "--config", "--", "--config=b"], none) }
    }

    @Test(
        arguments: [
            ("namespce: a", ["1: there is no setting 'namespce' here"]),
            (
                "\nworker:\n  exce: a\n  leese: b",
                [
                    "3: there is no setting 'exce' in the section worker", "4: there is no setting 'leese' in the section worker",
                ]
            ),
            ("concurrency: 3", ["1: 'concurrency' belongs into the section worker"]),
            (
                "config: a\nworker: {check: true}",
                [
                    "1: there is no setting 'config' here", "2: there is no setting 'check' in the section worker",
                ]
            ),
            ("json: 1", ["1: 'json' is true or false"]), ("json: \"true\"", ["1: 'json' is true or false"]),
            ("namespace: [a]", ["1: 'namespace' takes one value"]), ("namespace: {a: b}", ["1: 'namespace' takes one value"]),
            ("namespace:\nredis: ~", ["1: 'namespace' has no value", "2: 'redis' has no value"]),
            ("worker: 3", ["1: the section worker has names and values, such as 'namespace: sluice'"]),
            ("server: [a]", ["1: the section server has names and values, such as 'namespace: sluice'"]),
            ("- a", ["1: a file of settings has names and values, such as 'namespace: sluice'"]),
            ("worker:\n  limit:\n  - [a]\n  - b", ["3: the list of 'limit' has texts and numbers only"]),
            ("worker: {queues: ['-x']}", ["1: a value of 'queues' begins with a dash"]),
            ("namespace: \"a\\0b\"", ["1: the value of 'namespace' has a NUL"]),
            ("namespace: a\n---\nnamespace: b", ["2: it is no YAML: but found another document"]),
            ("[a]: b", ["1: a name is a word"]),
        ] as [(String, [String])])
    func whatIsWrongIsToldWithItsLine(yaml: String, expected: [String]) {
        #expect(problems(yaml) == expected)
    }

    @Test func namesThatStandTwiceAndWhatIsNoYAMLAreRefused() {
        let twice = problems("redis: redis://h\nnamespace: a\nnamespace: b")
        #expect(twice.count == 1 && twice[0].hasSuffix(": 'namespace' stands there twice"), "\(twice)")
        for yaml in ["a: [b", "\ta: b", "a: 'b", "a: b: c", "a: *b", "a: \u{1}"] {
            let told = problems(yaml)
            #expect(told.count == 1 && told[0].contains(/^[12]: it is no YAML:/), "\(yaml): \(told)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func aliasesDoNotGrowWithoutEnd() {
        let list = (1..<12).map { "l\($0): &l\($0) [\(Array(repeating: "*l\($0 - 1)", count: 9).joined(separator: ","))]" }
        let many = problems("l0: &l0 [x]\n" + list.joined(separator: "\n") + "\n? *l11\n: a")
        #expect(many == ["5: more than 30 aliases"])
        let long = String(repeating: "x", count: 200_000)
        let repeated = problems("worker:\n  limit: [&a \(long), *a, *a, *a, *a, *a, *a]")
        #expect(repeated == ["2: the values are above 1 MiB: see the aliases"])
        #expect(problems("namespace: &a shop\nworker: {namespace: *a}") == [])
    }

    /// Red if other commands took all settings, or none, or if the options of `keys` came before the command.
    @Test func otherCommandsTakeWhereRedisIs() throws {
        #expect(
            try settings(Self.whole, ["jobs", "show", "a"]).words == [
                "--redis=rediss://worker@redis:6380?ca=/ca.pem", "--redis-password-file=/run/secrets/redis", "--namespace=shop",
                "jobs", "show", "--keys=/run/secrets/keys", "a",
            ])
        let words = try settings(Self.whole, ["--namespace", "n", "status", "--json"], ["SLUICE_REDIS_URL": "redis://o"]).words
        #expect(words == ["--redis-password-file=/run/secrets/redis", "--namespace", "n", "status", "--json"])
        let call = ["redis", "cli", "CONFIG", "GET", "--redis", "x"]
        #expect(try settings("redis: redis://h", call).words == ["--redis=redis://h"] + call)
        for (yaml, words) in [("redis: redis://h", ["jobs", "show", "a"]), ("keys: /k", ["enqueue", "mail", "--encrypt"])] {
            #expect(throws: Never.self, "\(words)") { try SluiceTool.parseAsRoot(try settings(yaml, words).words) }
        }
    }

    @Test func aByteOrderMarkIsNoPartOfTheFile() throws {
        #expect(try settings("\u{FEFF}namespace: a").words == ["worker", "--namespace=a"])
    }

    @Test func anEmptyFileSetsNothing() throws {
        for yaml in ["", "# nothing\n", "---\n", "worker:\n", "worker: {}\n"] { #expect(try settings(yaml).words == ["worker"]) }
    }

    @Test func messagesAreTracedToTheirLines() throws {
        let result = try settings(Self.whole)
        func place(_ message: String) -> String? { result.place(of: message).map { String($0.dropFirst(path.count + 1)) } }
        #expect(place("the value '7' is invalid for '--concurrency <n>'") == "11")
        #expect(place("the value 'rate=300/1s' is invalid for '--limit <spec>'") == "14")
        #expect(place("the file of keys '/run/secrets/keys' cannot be read") == "6")
        #expect(place("the value 'web' is invalid for '<queues>'") == "9")
        #expect(place("command not found: 'cat; true' is in no directory of $PATH") == "10")
        #expect(place("--lease is 1s to 1d. See 'sluice worker --help' for more information.") == nil)
    }

    @Test(arguments: [
        ("redis://:pw@h", true), ("rediss://u:pw@h/1?ca=/a", true), ("unix://:p@/s", true), ("redis://u@h", false),
        ("redis://h:6379/1?ca=/a@b", false), ("a=redis://:p@h#n", true),
        ("redis+sentinel://a,b/m?sentinel-password=pw", true), ("redis+sentinel://a:1,b:2/m?db=1&sentinel-password=pw", true),
        ("redis+sentinel://u@a:1,b:2/m", false), ("redis+cluster://u:pw@a,b", true), ("redis+cluster://a:1,b:2", false),
    ]) func passwordsInURLsAreSeen(url: String, isSeen: Bool) {
        #expect(ToolSettings.holdsPassword(url) == isSeen)
    }
}
