import Foundation
import Testing

/// `deploy/RUNBOOK.md`.
struct Runbook {
    /// The repository that these tests were built from.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let text: String

    init() throws {
        text = try String(contentsOf: Self.root.appending(path: "deploy/RUNBOOK.md"), encoding: .utf8)
    }

    /// The texts of its headings, without the first one.
    var headings: [String] { text.matches(of: /\n##+ ([^\n]+)/).map { String($0.1) } }

    /// What a link to a heading has behind the `#`.
    static func anchor(_ heading: String) -> String {
        let kept = heading.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
        return String(kept).replacing(" ", with: "-")
    }

    /// The block of shell that begins with this comment.
    func block(_ name: String) throws -> String {
        let blocks = text.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        return try #require(blocks.first { $0.hasPrefix("# \(name)\n") }, "the runbook has no block '\(name)'")
    }
}
