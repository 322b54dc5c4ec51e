package import SluiceCore

/// The fingerprint that a new job claims, and for how long: the `unique` option in the form of `lua/jobs/unique.lua`.
package struct UniqueClaim: Sendable, Hashable {
    package var fingerprint: String
    package var span: Unique.Span
    package var onConflict: Unique.Conflict

    package init(_ fingerprint: String, span: Unique.Span = .whileLive, onConflict: Unique.Conflict = .keepExisting) {
        self.fingerprint = fingerprint
        self.span = span
        self.onConflict = onConflict
    }

    /// The claim as JSON, with or without the fingerprint; nil if it is empty.
    func json(withKey: Bool) -> String? {
        var members = withKey ? ["\"key\":\"\(fingerprint)\""] : []
        switch span {
        case .whileLive: break
        case .untilStarted: members.append("\"until\":\"start\"")
        case .period(let period): members.append("\"period\":\(max(period.milliseconds, 1))")
        }
        if onConflict != .keepExisting { members.append("\"conflict\":\"\(onConflict.rawValue)\"") }
        return members.isEmpty ? nil : "{" + members.joined(separator: ",") + "}"
    }
}
