import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// A folder of a test, which is removed with the last reference to it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/sluice-deploy-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The paths of the files below it, from it on.
    func files() -> [String] {
        let all = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder) && !isFolder.boolValue
        }.sorted()
    }
}

/// What a program said, and how it ended.
struct Said {
    /// Minus one if a signal ended it.
    var status: Int
    var output: String
    var error: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// `deploy/install`, and what it has installed.
enum Installer {
    static let tools = ["sluice", "sluice-server", "sluice-webhooks"]

    /// The folder of the package.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs the script with tools that are built already: those of this build, unless `built` names others.
    static func install(_ arguments: [String], built: String? = nil, destination: String = "") async throws -> Said {
        let folder: String
        if let built {
            folder = built
        } else {
            folder = URL(fileURLWithPath: try BuiltProgram.path("sluice")).deletingLastPathComponent().path
        }
        return try await run(
            root.appending(path: "deploy/install").path, ["--built", folder] + arguments,
            environment: .inherit.updating(["DESTDIR": destination, "PREFIX": nil, "SOURCE_DATE_EPOCH": "1700000000"]))
    }

    /// Runs a line of shell; `$1` and so on are the arguments.
    static func shell(_ line: String, _ arguments: String...) async throws -> Said {
        try await run("/bin/sh", ["-c", line, "sh"] + arguments, environment: .inherit)
    }

    /// Runs a program in the root directory, so that nothing is found by chance.
    static func run(_ path: String, _ arguments: [String], environment: Environment) async throws -> Said {
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), environment: environment, workingDirectory: "/",
            output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        var status = -1
        if case .exited(let code) = result.terminationStatus { status = Int(code) }
        return Said(status: status, output: result.standardOutput, error: result.standardError)
    }
}

/// A command as a tool describes it.
struct CommandDescription: Decodable {
    struct Dump: Decodable { var command: CommandDescription }

    var commandName: String
    var shouldDisplay: Bool?
    var subcommands: [CommandDescription]?

    /// The names of the pages of this command and of all below it.
    func pages(below parents: [String] = []) -> [String] {
        let path = parents + [commandName]
        let shown = (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
        return [path.joined(separator: "-") + ".1"] + shown.flatMap { $0.pages(below: path) }
    }
}

/// A bill of materials in CycloneDX, as far as it is checked here.
struct Bill: Decodable {
    struct Component: Decodable {
        struct Pedigree: Decodable {
            struct Commit: Decodable { var uid: String }

            var commits: [Commit]
        }

        struct Licence: Decodable {
            struct Named: Decodable { var id: String }

            var expression: String?
            var license: Named?
        }

        var name: String
        var version: String?
        var purl: String
        var reference: String
        var licenses: [Licence]?
        var pedigree: Pedigree?

        enum CodingKeys: String, CodingKey {
            case name, version, purl, licenses, pedigree
            case reference = "bom-ref"
        }
    }

    struct Dependency: Decodable {
        var ref: String
        var dependsOn: [String]
    }

    struct Metadata: Decodable {
        var timestamp: String
        var component: Component
    }

    var bomFormat: String
    var specVersion: String
    var serialNumber: String
    var metadata: Metadata
    var components: [Component]
    var dependencies: [Dependency]
}

/// The versions of packages that this build was made with: `Package.resolved`.
struct ResolvedPackages: Decodable {
    struct Pin: Decodable {
        struct State: Decodable {
            var revision: String
            var version: String?
        }

        var identity: String
        var state: State
    }

    var pins: [Pin]

    static func read() throws -> ResolvedPackages {
        let file = Installer.root.appending(path: "Package.resolved")
        return try JSONDecoder().decode(ResolvedPackages.self, from: Data(contentsOf: file))
    }
}
