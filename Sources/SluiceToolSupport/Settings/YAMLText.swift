import Yams

/// Reads YAML within bounds. Every error names a line.
enum YAMLText {
    /// Aliases that a file may have. A few that stand for each other's lists would otherwise grow without end.
    private static let mostAliases = 30

    /// The document; nil if there is none.
    /// - Throws: ``Failure``, which names the file and the line.
    static func root(of text: String, _ path: String) throws(Failure) -> Node? {
        let aliases = text.matches(of: /(?:^|[\s\[\]{},:?\-])\*[^\s,\[\]{}]/)
        if aliases.count > mostAliases {
            let line = text[..<aliases[mostAliases].range.lowerBound].count(where: \.isNewline) + 1
            throw Failure("\(path):\(line): more than \(mostAliases) aliases", status: .usage)
        }
        do {
            guard let node = try Yams.Parser(yaml: text, encoding: .utf8).singleRoot() else { return nil }
            if let scalar = node.scalar, isNothing(scalar) { return nil }
            return node
        } catch {
            let (line, reason) = (error as? YamlError).map { explain($0, in: text) } ?? (1, "\(error)")
            throw Failure("\(path):\(line): \(reason)", status: .usage)
        }
    }

    /// The line of a node, from 1.
    static func line(of node: Node) -> Int { node.mark?.line ?? 1 }

    /// Whether it says that there is no value.
    static func isNothing(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    private static func explain(_ error: YamlError, in text: String) -> (line: Int, reason: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            (mark.line, "it is no YAML: \(problem)")
        case .reader(let problem, let offset, _, _):
            (text.prefix(offset ?? 0).count(where: \.isNewline) + 1, "it is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            (context.mark.line, "'\(duplicates.joined(separator: "', '"))' stands there twice")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded: (1, "it cannot be read as YAML")
        }
    }
}
