/// Something outside that a job needs, such as a service it calls. Operators can switch it off, and while it fails, its breaker
/// lets one job at a time try.
///
/// ```swift
/// static let options = JobOptions(needs: ["tmdb", Dependency("imdb", whenOff: .runWithout)])
/// ```
public struct Dependency: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// What becomes of a job while the dependency is switched off.
    public enum WhenOff: String, Hashable, Sendable, CaseIterable {
        /// It waits, no attempt spent.
        case wait
        /// It runs; the handler learns of it by `context.isAvailable`.
        case runWithout
    }

    /// 1 to 32 letters, digits, dots, dashes or underscores. A wrong one is refused when the job is enqueued.
    public var name: String
    /// What becomes of the job meanwhile.
    public var whenOff: WhenOff

    /// Names a dependency.
    public init(_ name: String, whenOff: WhenOff = .wait) {
        self.name = name
        self.whenOff = whenOff
    }

    /// Takes a name; one that ends in `?` is of a dependency that the job can do without, as lanes and the tool write it.
    public init(stringLiteral text: String) { self.init(text: text) }

    /// Reads what `text` has written.
    package init(text: String) {
        self = text.hasSuffix("?") ? Dependency(String(text.dropLast()), whenOff: .runWithout) : Dependency(text)
    }

    /// The name, with a `?` if the job can do without.
    package var text: String { whenOff == .wait ? name : name + "?" }

    /// The same text as in lanes.
    public var description: String { text }
}
