public import SluiceInspector

/// Who makes a request, as far as that is known and checked.
public struct Principal: Sendable, Hashable {
    /// The name, as the log of actions shows it.
    public var name: String
    /// What the principal may do.
    public var role: Role

    /// Makes a principal.
    public init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}
