/// The lanes that the runs use, and the gates that these may have.
enum World {
    /// One part of a lane.
    struct Part {
        /// Its position in `gates`.
        let gate: Int
        let dimension: String
        let isNeed: Bool
        let runsWithout: Bool
    }

    struct Lane {
        let text: String
        let parts: [Part]
    }

    static let gates = ["a=1", "a=2", "a=3", "dep", "h=x", "h=y", "img", "u=1"]
    static let lanes = [
        "", "a=1", "a=2", "a=3", "h=x", "a=1&h=x", "a=2&h=x", "a=3&h=y", "a=1&h=y", "a=1&h=x&u=1", "dep", "a=2&dep", "dep?",
        "a=1&dep?&h=y", "dep?&img",
    ].map(lane)

    /// Lanes of two gates, and, half as often, of both.
    static let crowded = ["a=1", "h=x", "a=1", "h=x", "a=1&h=x"].map { text in lanes.firstIndex { $0.text == text } ?? 0 }

    /// Names of the dependencies among the gates.
    static let dependencies = ["dep", "img"]

    static func gate(_ name: some StringProtocol) -> Int { gates.firstIndex { $0 == name } ?? -1 }

    private static func lane(_ text: String) -> Lane {
        Lane(text: text, parts: text.split(separator: "&").map(part))
    }

    private static func part(_ text: Substring) -> Part {
        let runsWithout = text.hasSuffix("?")
        let name = runsWithout ? text.dropLast() : text
        let dimension = name.prefix { $0 != "=" }
        return Part(
            gate: gate(name), dimension: String(dimension), isNeed: dimension == name, runsWithout: runsWithout)
    }
}
