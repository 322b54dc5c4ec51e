/// How much of everything a run does. Worker processes are told its name.
package protocol NamedScale: Sendable {
    var name: String { get }
    static var all: [Self] { get }
}

extension NamedScale {
    /// One of them by name.
    package init?(named name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}
