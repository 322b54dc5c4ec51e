import Foundation
import SluiceCore
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

/// Text that comes in: from arguments, files, standard input, the environment.
@Suite(.timeLimit(.minutes(10)))
struct InputTextTests {
    /// Runs the tool through a shell, which can write bytes that no Swift text holds.
    private func shell(_ tool: Tool, _ script: String, input: String = "") async throws -> Tool.Result {
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", script, "sh", try Tool.path, tool.url, tool.namespace],
            environment: .inherit.updating(["SLUICE_REDIS_URL": nil, "SLUICE_HOME": "/nonexistent"]),
            input: .string(input), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else {
            return Tool.Result(status: -1, output: result.standardOutput, error: result.standardError)
        }
        return Tool.Result(status: Int(status), output: result.standardOutput, error: result.standardError)
    }

    private func count(_ tool: Tool) async throws -> Int {
        try await tool.run("jobs", "list", "--json").output.components(separatedBy: "\"id\"").count - 1
    }

    @Test(arguments: [
        #"--args "$(printf '"\377"')""#, #"--kind "$(printf 'a\351')""#, #"--partition "$(printf 'a=\377')""#,
        #"--chain "$(printf '\377')""#, #"--unique "$(printf '\377')""#,
    ])
    func bytesThatAreNoTextAreRefused(_ words: String) async throws {
        let tool = try await Tool()
        let result = try await shell(tool, #"exec "$1" --redis "$2" --namespace "$3" enqueue mail "# + words)
        #expect(result.status == 2 && result.error.contains("is not UTF-8"), "\(result)")
        #expect(try await count(tool) == 0)
    }

    @Test func settingsThatAreNoTextAreRefused() async throws {
        let tool = try await Tool()
        let result = try await shell(tool, #"SLUICE_HOME="$(printf '/tmp/\377')" exec "$1" status"#)
        #expect(result.status == 2 && result.error.contains("$SLUICE_HOME is not UTF-8"), "\(result)")
    }

    @Test func argumentsComeFromAFileOrStandardInput() async throws {
        let tool = try await Tool()
        let path = FileManager.default.temporaryDirectory.appending(path: "sluice args \(tool.namespace).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Longer than one word of a command line can be.
        let long = #"{"a":""# + String(repeating: "x", count: 300_000) + #""}"#
        try (long + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try await tool.run("enqueue", "mail", "--id", "a", "--args", "@\(path)").status == 0)
        #expect(try await tool.run("enqueue", "mail", "--id", "b", "--args", "-", input: long).status == 0)
        for id in ["a", "b"] { #expect(try await tool.run("jobs", "show", id, "--json").output.contains(long)) }
        let cron = try await tool.run("cron", "add", "c", "@daily", "--queue", "mail", "--args", "-", input: #"{"b":2}"#)
        #expect(cron.status == 0, "\(cron.error)")
    }

    @Test func whatCannotBeReadIsNamed() async throws {
        let tool = try await Tool()
        let missing = try await tool.run("enqueue", "mail", "--args", "@/nowhere/x.json")
        #expect(missing.status == 2 && missing.error.contains("'/nowhere/x.json' cannot be read: no such file"), "\(missing)")
        let long = try await tool.run("enqueue", "mail", "--args", "-", input: String(repeating: " ", count: 1_100_000))
        #expect(long.status == 2 && long.error.contains("standard input is above the limit"), "\(long.error)")
        let torn = try await shell(tool, #"printf '"\377"' | "$1" --redis "$2" --namespace "$3" enqueue mail --args -"#)
        #expect(torn.status == 2 && torn.error.contains("standard input is not UTF-8"))
        #expect(try await count(tool) == 0)
    }

    @Test func aNegativeNumberIsArguments() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "mail", "--id", "a", "--args", "-1").status == 0)
        #expect(try await tool.run("jobs", "show", "a", "--json").output.contains(#""arguments":-1"#))
        let other = try await tool.run("enqueue", "mail", "--priority", "-1")
        #expect(other.status == 2 && other.error.contains("is written --priority=-1"), "\(other.error)")
    }

    @Test func anEmptyNameOfAServerIsRefused() async throws {
        for words in [["--redis", "", "status"], ["status", "--redis", ""]] {
            let result = try await Tool.run(words)
            #expect(result.status == 2 && result.error.contains("--redis is empty"), "\(result)")
        }
    }

    @Test func aNewlineInAValueDoesNotCutTheMessage() async throws {
        let result = try await Tool.run(["enqueue", "mail", "--delay", "5\n6 bottles"])
        #expect(result.status == 2 && result.error.contains("5 6 bottles") && result.error.contains("--help"), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test func theHomeOfTheEnvironmentCounts() async throws {
        let home = try PrivateHome()
        let result = try await Tool.run(
            ["redis", "status", "--json"], environment: ["SLUICE_HOME": "", "HOME": home.path])
        #expect((result.output + result.error).contains(home.path), "\(result)")
        try Data().write(to: URL(fileURLWithPath: home.path + "/file"))
        let file = try await Tool.run(["status"], environment: ["SLUICE_HOME": home.path + "/file"])
        #expect(file.status == 3 && file.error.contains("it is a file, not a directory"), "\(file)")
        #expect(!file.error.contains("NSCocoaErrorDomain"))
    }
}

/// A folder that is removed with this.
private final class PrivateHome {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "home-\(UInt64.random(in: .min ... .max))").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
