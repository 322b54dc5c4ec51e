import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension APIRequest {
    /// The field `kind` of the query.
    func kind() throws -> String? {
        try parsed("kind") { text throws(SluiceError) in
            try KindName.check(text)
            return text
        }
    }

    /// The field `reason` of the query; empty if there is none.
    func reason() throws -> String { try ReasonDraft.checked(text("reason") ?? "") }

    /// A field that is a duration, such as `30s`.
    func duration(_ name: String) throws -> Duration? {
        try parsed(name) { text throws(SluiceError) in try DurationText.parse(text) }
    }

    /// A field that is a time: RFC 3339, or seconds since 1970.
    func time(_ name: String) throws -> Date? {
        try parsed(name) { text throws(SluiceError) in try TimeText.parse(text) }
            .map { Date(timeIntervalSince1970: Double($0) / 1000) }
    }

    private func parsed<Value>(_ name: String, _ parse: (String) throws(SluiceError) -> Value) throws -> Value? {
        guard let text = text(name) else { return nil }
        do throws(SluiceError) {
            return try parse(text)
        } catch {
            throw Invalid("'\(name)': \(error.message)")
        }
    }
}
