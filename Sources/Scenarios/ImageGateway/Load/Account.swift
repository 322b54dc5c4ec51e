/// An account at the upstream: the gateway's channel to it.
struct Account: Sendable, Hashable {
    var name: String

    /// Those that tell the gateway of their tasks, by calls that get lost, torn and out of order; and those that tell nothing.
    static let talking = (1...6).map { Account(name: "talking-\($0)") }
    static let silent = (1...2).map { Account(name: "silent-\($0)") }
    /// It refuses connections.
    static let dead = Account(name: "dead")
    /// It accepts them and never answers.
    static let hanging = Account(name: "hanging")
    /// Its one order kills the worker that runs it, and no other order does.
    static let deadly = Account(name: "deadly")

    var isInTrouble: Bool { self == .dead || self == .hanging }
    var isSilent: Bool { Self.silent.contains(self) }
    /// Tasks of accounts under one name take equally long.
    var pace: String { isSilent ? "silent" : "talking" }
}
