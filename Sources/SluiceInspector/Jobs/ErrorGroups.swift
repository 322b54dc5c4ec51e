import SluiceCore
import SluiceStore

/// Counts jobs by kind and by the common part of their errors.
struct ErrorGroups {
    private struct Key: Hashable {
        var kind: String
        var error: String
    }

    private var groups: [Key: ErrorGroup] = [:]

    mutating func add(_ found: [Sweep.Group]) {
        for group in found {
            let key = Key(kind: group.kind, error: Self.folded(group.error))
            groups[
                key, default: ErrorGroup(kind: key.kind, error: key.error, count: 0, example: group.example)
            ].count += group.count
        }
    }

    /// The groups, the most frequent first.
    var sorted: [ErrorGroup] {
        groups.values.sorted { ($1.count, $0.kind, $0.error) < ($0.count, $1.kind, $1.error) }
    }

    /// Replaces the variable parts of an error by `#`: numbers, and words that look like ids, that is, contain a digit and are
    /// hexadecimal or eight characters long. Several of them joined by dashes become one.
    static func folded(_ text: String) -> String {
        var words: [String] = []
        var word = ""
        func flush() {
            if !word.isEmpty { words.append(fold(word)) }
            word = ""
        }
        for character in text {
            if character.isASCII, character.isLetter || character.isNumber {
                word.append(character)
            } else {
                flush()
                words.append(String(character))
            }
        }
        flush()
        return joined(words)
    }

    private static func fold(_ word: String) -> String {
        guard word.contains(where: \.isNumber) else { return word }
        if word.count >= 8 || word.allSatisfy(\.isHexDigit) { return "#" }
        var folded = ""
        for character in word where !(character.isNumber && folded.last == "#") {
            folded.append(character.isNumber ? "#" : character)
        }
        return folded
    }

    private static func joined(_ words: [String]) -> String {
        var kept: [String] = []
        for word in words {
            kept.append(word)
            if kept.suffix(3) == ["#", "-", "#"] { kept.removeLast(2) }
        }
        return kept.joined()
    }
}
