import SluiceCore

/// Formats commands that a user can paste, for one namespace.
struct CureText: Sendable {
    let namespace: Namespace

    /// A call of `sluice`. Words are quoted for the shell where necessary.
    func tool(_ words: String...) -> String { call(["sluice"] + words) }

    /// The program that delivers web hooks.
    var webhooks: String { call(["sluice-webhooks", "--secret-file", "FILE"]) }

    private func call(_ words: [String]) -> String {
        let option = namespace == .standard ? [] : ["--namespace", namespace.text]
        return (words + option).map(Self.quoted).joined(separator: " ")
    }

    /// A call of `redis-cli`.
    func redis(_ words: String...) -> String { redis(words) }

    func redis(_ words: [String]) -> String { (["redis-cli"] + words).map(Self.quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy { isSafe($0) }
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._-:/@=,+%".utf8.contains(byte)
        }
    }
}
