/// An external dependency of a job, such as a service it calls. Operators can switch it off. While it fails, its breaker lets one
/// job at a time try.
///
/// ```swift
/// static let options = JobOptions(needs: ["tmdb", Dependency("imdb", whenOff: .runWithout)])
/// ```
public struct Dependency: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The rule for a job while the dependency is switched off.
    public enum WhenOff: String, Hashable, Sendable, CaseIterable {
        /// The job waits; no attempt is spent.
        case wait
        /// The job runs; its handler checks `context.isAvailable`.
        case runWithout
    }

    /// The name: 1 to 32 letters, digits, dots, dashes or underscores. Enqueueing throws `invalidArgument` for any other.
    public var name: String
    /// The rule for the job while the dependency is switched off.
    public var whenOff: WhenOff

    /// Makes a dependency, for which the job waits by default.
    public init(_ name: String, whenOff: WhenOff = .wait) {
        self.name = name
        self.whenOff = whenOff
    }

    /// Takes a name. A `?` at its end marks a dependency that the job can do without, as lanes and the command line write it.
    public init(stringLiteral text: String) { self.init(text: text) }

    /// Parses the form of ``text``.
    package init(text: String) {
        self = text.hasSuffix("?") ? Dependency(String(text.dropLast()), whenOff: .runWithout) : Dependency(text)
    }

    /// The name, followed by `?` if the job can run without it.
    package var text: String { whenOff == .wait ? name : name + "?" }

    /// The text that lanes use: the name, followed by `?` if the job can run without it.
    public var description: String { text }
}
