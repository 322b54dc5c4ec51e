import ArgumentParser
import Foundation
import Testing

@testable import SluiceCLI
@testable import SluiceServer
@testable import SluiceWebhooksTool

/// The tools take the commands that stand in the text of `deploy/`, too. `DocumentTests` has those in blocks of the runbook.
struct RunbookCommandsTests {
    private static let roots: [String: any ParsableCommand.Type] = [
        "sluice": SluiceTool.self, "sluice-webhooks": WebhooksTool.self, "sluice-server": ServerTool.self,
    ]

    /// The texts between single back quotes. A line that ends in between goes on.
    private static func spans(_ text: String) -> [String] {
        text.replacing(/(?m)^```[^`]*?^```$/, with: "").matches(of: /`([^`]+)`/).map { match in
            String(match.output.1).replacing(/\n *#? */, with: " ")
        }
    }

    /// The commands of the tools in them, also behind a pipe; names of programs alone are none.
    private static func commands(_ text: String) -> [String] {
        spans(text).flatMap { $0.components(separatedBy: " | ") }.filter { command in
            guard let program = command.split(separator: " ").first else { return false }
            return roots[String(program)] != nil && command.contains(" ") && !command.hasSuffix(" --help")
        }
    }

    private static func expectTaken(_ command: String, _ place: String) throws {
        let words = try CommandLineText.split(String(command.prefix { $0 != "<" && $0 != ">" }))
        #expect(throws: Never.self, "\(place): \(command)") {
            _ = try #require(roots[words[0]]).parseAsRoot(Array(words.dropFirst()))
        }
    }

    /// Red if an option or a subcommand gets another name and the runbook keeps the old one.
    @Test func theToolsTakeWhatTheTextOfTheRunbookNames() throws {
        let commands = Self.commands(try String(contentsOf: Document.root.appending(path: "deploy/RUNBOOK.md"), encoding: .utf8))
        #expect(commands.count > 60)
        for command in commands { try Self.expectTaken(command, "RUNBOOK.md") }
    }

    @Test func theToolsTakeWhatCommentsOfOtherFilesName() throws {
        let folder = Document.root.appending(path: "deploy")
        let endings = [".yaml", ".yml", ".env", ".service", ".conf"]
        var count = 0
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where endings.contains(where: { name.hasSuffix($0) }) {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for command in Self.commands(text) {
                count += 1
                try Self.expectTaken(command, name)
            }
        }
        #expect(count >= 5)
    }
}
