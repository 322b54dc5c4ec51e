import Foundation
import Testing

extension LuaQueue {
    /// Calls a function and compares the reply, and every line of the namespace that came or went.
    ///
    /// `expected` has `= reply`, then `- key: line` and `+ key: line`, sorted by key. The history is left out: RunHistoryTests are
    /// about it.
    func check(_ words: [String], _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let before = try await dump()
        let reply = try await fcall(words)
        let after = try await dump()
        let found = ["= " + reply] + changes(from: before, to: after)
        let lines = found.map { $0.trimmingCharacters(in: .whitespaces) }
        let wanted = expected.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        if lines != wanted {
            Issue.record("\(words[0]) did:\n\(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
        }
    }

    /// Expects a call to be refused, to say so in these words, and to change nothing.
    func checkRefused(
        _ words: [String], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await dump()
        let reply = try await fcall(words)
        #expect(reply.contains(message), "\(words)", sourceLocation: sourceLocation)
        let found = changes(from: before, to: try await dump())
        #expect(found.isEmpty, "\(words)", sourceLocation: sourceLocation)
    }
}

/// Lines that came (`+`) and went (`-`) between two dumps, sorted by key; the history left out.
func changes(from before: [String: String], to after: [String: String]) -> [String] {
    var counts: [String: Int] = [:]
    for (dump, step) in [(before, -1), (after, 1)] {
        for (key, text) in dump where !key.hasPrefix("stats:") {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false)
            where key != "config" || !line.hasPrefix("minute = ") {
                counts["\(key): \(line)", default: 0] += step
            }
        }
    }
    return counts.sorted { $0.key < $1.key }.flatMap { line, count in
        Array(repeating: (count < 0 ? "- " : "+ ") + line, count: abs(count))
    }
}
