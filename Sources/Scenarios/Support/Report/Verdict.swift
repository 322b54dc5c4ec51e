/// What became of a check.
package enum Verdict: Sendable, Equatable {
    /// With what it was computed from.
    case holds(String)
    case broken([String])
    /// There is nothing of the kind here.
    case absent(String)
    /// What it needs did not come to pass.
    case unknown(String)

    /// Holds if nothing was found.
    package init(_ found: [String], _ basis: String) { self = found.isEmpty ? .holds(basis) : .broken(found) }

    package var isBroken: Bool { if case .broken = self { true } else { false } }

    /// The word for it in a table.
    package var mark: String {
        switch self {
        case .holds: "ok"
        case .broken: "FAIL"
        case .absent: "-"
        case .unknown: "?"
        }
    }
}
