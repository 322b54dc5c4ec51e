import Foundation
import Testing

/// The commands of each user are those that the code calls, no more and no fewer.
struct UserListTests {
    /// What each side calls besides what the functions call for it.
    private static let own: [String: Set<String>] = [
        "worker": ["blpop", "blmpop"],
        "producer": ["blmpop"],
        "dashboard": [
            "blmpop", "xread", "xrange", "zrevrange", "config|get", "acl|dryrun", "cluster|nodes", "cluster|countkeysinslot",
        ],
    ]

    /// What all sides call: the functions, the start of a connection, and in a cluster the map.
    private static let all: Set<String> = ["fcall", "fcall_ro", "ping", "client|setname", "info", "wait", "cluster|shards"]

    private static func commands(of user: String) throws -> Set<String> {
        let lines = try DeployFiles.text("redis/users.acl").split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("user \(user) ") })
        return Set(line.split(separator: " ").filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) })
    }

    /// The texts of the files below a folder of the repository.
    private static func texts(in folder: String, ending: String) throws -> [String] {
        let path = DeployFiles.root.appending(path: folder).path
        return try FileManager.default.subpathsOfDirectory(atPath: path).filter { $0.hasSuffix(ending) }
            .map { try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8) }
    }

    /// The commands that functions call. A call that chooses between two names both.
    private static func functionCommands() throws -> Set<String> {
        var found: Set<String> = []
        for text in try texts(in: "lua", ending: ".lua") {
            for call in text.matches(of: /redis\.p?call\(([^,)]*)/) {
                found.formUnion(call.output.1.matches(of: /'([A-Z]+)'/).map { $0.output.1.lowercased() })
            }
        }
        return found
    }

    @Test(arguments: ["worker", "producer", "dashboard"])
    func eachUserHasWhatItsSideCalls(_ user: String) throws {
        let functions = try Self.functionCommands()
        #expect(functions.count > 50)
        let expected = functions.union(Self.all).union(Self.own[user] ?? [])
        let commands = try Self.commands(of: user)
        #expect(expected.subtracting(commands) == [], "a function that is refused a command stops in the middle")
        #expect(commands.subtracting(expected) == [])
    }

    /// The administrator uses the tool, too.
    @Test func theAdministratorHasAllThatTheDashboardHas() throws {
        #expect(try Self.commands(of: "dashboard").subtracting(Self.commands(of: "admin")) == [])
    }

    /// Each command that clients send themselves belongs to a user. The administrator also has those of benchmarks and tests.
    @Test func everyCommandOfClientsIsKnown() throws {
        var sent: Set<String> = []
        for text in try Self.texts(in: "Sources/SluiceStore", ending: ".swift") {
            sent.formUnion(text.matches(of: /\[\[?"([A-Z_]{3,})"/).map { $0.output.1.lowercased() })
        }
        #expect(sent.count > 20)
        let known = try ["worker", "admin"].reduce(into: Set<String>()) { names, user in
            names.formUnion(try Self.commands(of: user).map { String($0.prefix { $0 != "|" }) })
        }
        // Words of arguments and a code of errors that begin a list; and a command that Redis 7.0 does not know, whose name it
        // would refuse in the file.
        #expect(sent.subtracting(known).subtracting(["left", "replace", "unblocked", "waitaof"]) == [])
    }

    /// The subcommands of CLUSTER in the sources: of clients for each side, of the doctor for the dashboard. Red if a client asks
    /// another question about the cluster than the users may.
    @Test func everyQuestionAboutAClusterIsAllowed() throws {
        func asked(in folder: String) throws -> Set<String> {
            let words = try Self.texts(in: folder, ending: ".swift").flatMap { text in
                text.matches(of: /\["CLUSTER", "([A-Z]+)"/).map { "cluster|" + $0.output.1.lowercased() }
            }
            return Set(words)
        }
        // CLUSTER SLOTS is only for servers that do not know CLUSTER SHARDS.
        let clients = try asked(in: "Sources/Hiredis").subtracting(["cluster|slots"])
        #expect(clients == ["cluster|shards"])
        for user in ["worker", "producer", "dashboard", "admin"] {
            #expect(try Self.commands(of: user).isSuperset(of: clients), "\(user)")
        }
        let doctor = try asked(in: "Sources/SluiceInspector")
        #expect(try Self.commands(of: "dashboard").isSuperset(of: doctor))
    }

    /// The keys that workers and producers reach do not include those of access and of the log of actions.
    @Test func tokensAndActionsAreOutOfReach() throws {
        let lines = try DeployFiles.text("redis/users.acl").split(separator: "\n")
        for user in ["worker", "producer"] {
            let line = try #require(lines.first { $0.hasPrefix("user \(user) ") })
            let keys = line.split(separator: " ").filter { $0.contains("~") }
            #expect(keys == ["~sluice:{*", "~sluice:queues", "%R~sluice:dependencies"])
        }
    }
}
