public import Sluice
public import SluiceInspector

/// One namespace of one Redis, as a dashboard shows it.
public struct DashboardSite: Sendable {
    /// The colour of the badge.
    public enum Color: String, Sendable, Hashable, CaseIterable {
        /// For what may be broken.
        case grey
        /// For development.
        case green
        /// For tests with real data.
        case blue
        /// For staging.
        case amber
        /// For production.
        case red
    }

    /// The name of the site: lower-case letters, digits and dashes. With several sites it is a part of each address.
    public var name: String
    /// What the badge at the top of each page says; nil for no badge.
    public var badge: String?
    /// The colour of the badge.
    public var color: Color
    /// Reads and manages the queues. Its owner closes it.
    public var inspector: Inspector
    /// Enqueues jobs for the HTTP API. Its owner closes it. Nil if the API only reads and manages.
    public var client: SluiceClient?

    /// Makes a site.
    public init(
        name: String = "main", badge: String? = nil, color: Color = .grey, inspector: Inspector, client: SluiceClient? = nil
    ) {
        self.name = name
        self.badge = badge
        self.color = color
        self.inspector = inspector
        self.client = client
    }

    /// Whether a text can be the name of a site.
    public static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && !reserved.contains(text)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// What the first part of an address means already.
    private static let reserved: Set<String> = ["api", "assets", "livez", "login", "logout", "readyz"]
}
