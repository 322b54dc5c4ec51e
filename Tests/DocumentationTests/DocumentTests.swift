import ArgumentParser
import Foundation
import SluiceCore
import Testing

@testable import SluiceCLI
@testable import SluiceServer
@testable import SluiceWebhooksTool

/// What the documents say is what is there.
struct DocumentTests {
    @Test func theReadmeShowsAFileThatIsCompiled() throws {
        let shown = try Document("README.md").blocks("swift").map(\.text)
        #expect(shown.contains(try Self.example("Readme")), "no block of README.md is ReadmeExample.swift, word for word")
    }

    /// A block of the README or of an article is a part of the file that is called after it, word for word. An entry point cannot be
    /// one of a test, so its attribute is left out there. Manifests are read by `ManifestTests`.
    @Test func everySwiftBlockIsCompiled() throws {
        for document in try Document.all() {
            let blocks = document.blocks("swift").filter { !$0.isOfManifest }
            if blocks.isEmpty { continue }
            let file = try Self.example(document.exampleName)
            for block in blocks {
                let text = block.text.replacing("@main\n", with: "")
                #expect(file.contains(text), "\(document.exampleName)Example.swift has not this, word for word: \(text)")
            }
        }
    }

    @Test func everyExampleIsShown() throws {
        let files = try Document.samplePaths().compactMap { $0.split(separator: "/").last.map(String.init) }
        let shown = try Document.all().filter { !$0.blocks("swift").isEmpty }.map { $0.exampleName + "Example.swift" }
        #expect(Set(shown) == Set(files.filter { $0.hasSuffix("Example.swift") }))
    }

    private static func example(_ name: String) throws -> String {
        let file = "\(name)Example.swift"
        let path = try Document.samplePaths().first { $0 == file || $0.hasSuffix("/\(file)") } ?? file
        return try String(contentsOf: Document.root.appending(path: "\(Document.samples)/\(path)"), encoding: .utf8)
    }

    @Test func theReadmeIsShortAndNamesBothCommands() throws {
        let readme = try Document("README.md")
        #expect(readme.lines.count <= 230)
        for script in ["deploy/demo", "deploy/test"] {
            #expect(readme.blocks("sh").contains { $0.lines.contains(Substring(script)) })
            #expect(FileManager.default.isExecutableFile(atPath: Document.root.appending(path: script).path))
        }
    }

    @Test func theContentsNameEveryArticle() throws {
        let named = Set(try Document(article: "Sluice").articleLinks + ["Sluice"])
        for document in try Document.all().dropFirst() {
            #expect(named.contains(document.name), "Sluice.md does not name \(document.name)")
        }
    }

    /// What `jobs explain` can answer, by the source that reads its codes.
    @Test func theTableOfReasonsHasThemAll() throws {
        let source = try String(
            contentsOf: Document.root.appending(path: "Sources/SluiceInspector/Explanation/Explanation+Reply.swift"),
            encoding: .utf8)
        let table = try String(
            contentsOf: Document.root.appending(path: Document.path(ofArticle: "Limits")), encoding: .utf8)
        let codes = source.matches(of: /case "([a-z_]+)":/).map { String($0.1) }
        #expect(codes.count > 20)
        for code in codes { #expect(table.contains("`\(code)`"), "Limits.md does not tell of \(code)") }
    }

    @Test func linksLeadSomewhere() throws {
        for document in try Document.all() {
            let folder = Document.root.appending(path: document.path).deletingLastPathComponent()
            let targets =
                try document.localLinks.map { folder.appending(path: $0) }
                + document.articleLinks.map { try Document.root.appending(path: Document.path(ofArticle: $0)) }
            for target in targets {
                #expect(FileManager.default.fileExists(atPath: target.path), "\(document) links to \(target.path)")
            }
        }
    }

    /// Every line of a shell block that calls one of the tools, alone or behind a pipe.
    @Test func theToolsTakeEveryCommandThatIsShown() throws {
        var shown = 0
        for document in try Document.all() + [Document("deploy/RUNBOOK.md")] {
            for line in document.blocks("sh").flatMap(\.lines) {
                for command in line.components(separatedBy: " | ").map({ $0.trimmingCharacters(in: .whitespaces) })
                where command.wholeMatch(of: /sluice(?:-webhooks|-server)? .*/) != nil {
                    shown += 1
                    let words = try CommandLineText.split(String(command.prefix { $0 != "#" && $0 != ">" }))
                    #expect(throws: Never.self, "\(document): \(command)") {
                        let roots: [String: any ParsableCommand.Type] = [
                            "sluice": SluiceTool.self, "sluice-webhooks": WebhooksTool.self, "sluice-server": ServerTool.self,
                        ]
                        _ = try #require(roots[words[0]]).parseAsRoot(Array(words.dropFirst()))
                    }
                }
            }
        }
        #expect(shown > 20)
    }

    @Test func theTableOfCommandsIsComplete() throws {
        let table = try Document(article: "Tool").section("Commands").compactMap { line in
            line.firstMatch(of: /^\| `([a-z]+)[^`]*`/).map { String($0.output.1) }
        }
        let configuration = SluiceTool.configuration
        let commands = (configuration.ungroupedSubcommands + configuration.groupedSubcommands.flatMap(\.subcommands))
            .map { $0.configuration }.filter { $0.shouldDisplay }.compactMap { $0.commandName }
        #expect(table.sorted() == commands.sorted())
    }

    @Test func theLifecycleNamesEveryState() throws {
        let states = try Document(article: "JobLifecycle").section("States").compactMap { line in
            line.firstMatch(of: /^\| `([a-z]+)` \|/).flatMap { JobState(rawValue: String($0.output.1)) }
        }
        #expect(Set(states) == Set(JobState.allCases))
    }

    @Test func everyErrorCodeIsTold() throws {
        let article = try text(Document.path(ofArticle: "Reference"))
        for code in SluiceError.Code.all { #expect(article.contains("`\(code.name)`"), "Reference.md does not tell of \(code)") }
    }

    @Test func everyFigureOfTheBenchIsTold() throws {
        let table = try Document(article: "Benchmarks").section("Names").joined(separator: "\n")
        let folder = Document.root.appending(path: "Sources/SluiceCLI/Bench")
        var names: [String] = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            names += source.matches(of: /result\.add(?:Option)?\(\s*"([a-z][^"]*)"/).map { String($0.1) }
            names += source.matches(of: /addFloor\("([a-z_]+)"/).flatMap { ["\($0.1)_per_s", "\($0.1)_us"] }
        }
        #expect(names.count > 50)
        for name in names.map({ $0.replacing(/\\\([a-z.]+\)/, with: "N") }) {
            #expect(table.contains("`\(name)`"), "Benchmarks.md does not tell of \(name)")
        }
    }

    @Test func everyKeyOfAQueueIsTold() throws {
        let source = try text("lua/base/keys.lua")
        let list = try #require(source.firstMatch(of: /local names = \{([^}]*)\}/)).output.1
        let names = list.matches(of: /'([a-z_]+)'/).map { String($0.output.1) }
        let article = try text(Document.path(ofArticle: "InternalsKeys"))
        #expect(names.count > 50)
        for name in names { #expect(article.contains("`\(name)`"), "InternalsKeys.md does not tell of \(name)") }
    }

    @Test func everyFunctionOfTheLibraryIsTold() throws {
        let names = try text("lua/library.lua").matches(of: /\n(?:register|both)\('([a-z_]+)'/).map { String($0.output.1) }
        let article = try text(Document.path(ofArticle: "InternalsFunctions"))
        #expect(names.count > 60)
        for name in names { #expect(article.contains("`\(name)`"), "InternalsFunctions.md does not tell of \(name)") }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Document.root.appending(path: path), encoding: .utf8)
    }
}
