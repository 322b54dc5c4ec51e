/// How a dashboard is served.
public struct DashboardOptions: Sendable {
    /// The path that all addresses begin with, as browsers see it, such as `/jobs`; empty for the root. A proxy passes it on unchanged.
    public var path: String
    /// Whether every change is refused, for all roles.
    public var isReadOnly: Bool
    /// Origins, such as `https://ops.example`, whose forms are taken although a proxy changes the name of the host.
    public var trustedOrigins: Set<String>
    /// Whether the cookie of a session is sent over TLS only. Nil: if the request came over TLS, by `X-Forwarded-Proto`.
    public var hasSecureCookies: Bool?

    /// Makes options.
    public init(
        path: String = "", isReadOnly: Bool = false, trustedOrigins: Set<String> = [], hasSecureCookies: Bool? = nil
    ) {
        self.path = path
        self.isReadOnly = isReadOnly
        self.trustedOrigins = trustedOrigins
        self.hasSecureCookies = hasSecureCookies
    }

    /// Whether a text can be ``path``.
    public static func isPath(_ text: String) -> Bool {
        text.isEmpty
            || text.hasPrefix("/") && !text.hasSuffix("/") && !text.contains("//")
                && text.utf8.allSatisfy { byte in
                    let character = Character(Unicode.Scalar(byte))
                    return character.isASCII && (character.isLetter || character.isNumber || "/-_.~".contains(character))
                }
    }
}
