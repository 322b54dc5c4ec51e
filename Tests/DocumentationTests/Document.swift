import Foundation

/// A Markdown file of this repository.
struct Document: CustomStringConvertible {
    /// The lines between two fences.
    struct Block {
        var language: String
        var lines: [Substring]

        var text: String { lines.joined(separator: "\n") + "\n" }

        /// Whether it is a manifest of a package, or a part of one.
        var isOfManifest: Bool { text.hasPrefix("// swift-tools-version") || text.hasPrefix(".package(") }
    }

    /// The repository that these tests were built from.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let path: String
    let lines: [Substring]

    /// - Parameter path: from the root of the repository.
    init(_ path: String) throws {
        self.path = path
        lines = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    private static let articles = "Sources/Sluice/Sluice.docc"
    /// Where the Swift of the articles is compiled, in folders of the same names.
    static let samples = "Tests/DocumentationTests/Samples"

    /// Paths of all compiled examples, from that folder.
    static func samplePaths() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: samples).path)
    }

    /// Paths of all articles, in whatever folder they are.
    private static func paths() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: articles).path)
            .filter { $0.hasSuffix(".md") }.sorted().map { "\(articles)/\($0)" }
    }

    /// The path of an article by its name.
    static func path(ofArticle name: String) throws -> String {
        try paths().first { $0.hasSuffix("/\(name).md") } ?? "\(articles)/\(name).md"
    }

    init(article name: String) throws { try self.init(Self.path(ofArticle: name)) }

    /// The README and all articles.
    static func all() throws -> [Document] { try [Document("README.md")] + paths().map { try Document($0) } }

    var description: String { path }

    /// The name of the file, without its folder and extension.
    var name: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }

    /// The name of the file that compiles its Swift, without `Example.swift`.
    var exampleName: String { name == "README" ? "Readme" : name + "Article" }

    /// The fenced blocks, in order; of a language, if one is given.
    func blocks(_ language: String? = nil) -> [Block] {
        var blocks: [Block] = []
        var open: Block?
        for line in lines {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open = open == nil ? Block(language: String(line.dropFirst(3)), lines: []) : nil
            } else {
                open?.lines.append(line)
            }
        }
        return blocks.filter { language == nil || $0.language == language }
    }

    /// The lines from a heading to the next one of any level.
    func section(_ heading: String) -> [Substring] {
        guard let start = lines.firstIndex(where: { $0.hasPrefix("#") && $0.hasSuffix(" " + heading) }) else { return [] }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("#") })
    }

    /// Targets of the links that lead into the repository.
    var localLinks: [String] {
        lines.flatMap { line in line.matches(of: /\]\(([^)#]+)\)/).map { String($0.output.1) } }.filter { !$0.contains("://") }
    }

    /// Names of the articles that it links to.
    var articleLinks: [String] {
        lines.flatMap { line in line.matches(of: /<doc:([A-Za-z]+)>/).map { String($0.output.1) } }
    }
}
