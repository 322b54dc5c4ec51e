import Hiredis
import SluiceCore

/// Formats commands that a user can paste, for one namespace.
struct CureText: Sendable {
    let namespace: Namespace
    /// The node that commands of Redis are for; nil for the server.
    private var node: RedisEndpoint?

    init(namespace: Namespace) { self.namespace = namespace }

    /// The same, for one node of a cluster.
    func on(_ node: RedisEndpoint) -> CureText {
        var copy = self
        copy.node = node
        return copy
    }

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

    func redis(_ words: [String]) -> String { (["redis-cli"] + place + words).map(Self.quoted).joined(separator: " ") }

    /// A call of the manager of clusters in `redis-cli`.
    func cluster(_ words: String...) -> String {
        (["redis-cli", "--cluster"] + words).map(Self.quoted).joined(separator: " ")
    }

    private var place: [String] {
        guard case .tcp(let host, let port)? = node else { return [] }
        return ["-h", host, "-p", "\(port)"]
    }

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
