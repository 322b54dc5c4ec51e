public import Hummingbird
public import SluiceInspector

/// How a dashboard learns who makes a request.
public struct DashboardAccess: Sendable {
    enum Method: Sendable {
        case open(Role)
        case users(@Sendable () -> Users, Sessions)
        case proxy(TrustedProxy)
        case custom(@Sendable (Request) async -> Principal?)
    }

    let method: Method

    /// All who reach the server have this role. Only for a server that listens on the loopback address: requests must name
    /// a loopback host, so that a page of another site cannot use a name of its own for this server.
    public static func open(_ role: Role) -> Self { Self(method: .open(role)) }

    /// People log in by name and password.
    /// - Parameters:
    ///   - users: The users.
    ///   - secret: What signs the cookies, at least 32 bytes. A server with another secret does not accept them.
    public static func users(_ users: Users, secret: [UInt8]) -> Self {
        Self.users({ users }, secret: secret)
    }

    /// People log in by name and password, and the users may change while the dashboard is served. Who is no longer among them is
    /// refused at once.
    /// - Parameters:
    ///   - users: Returns the present users. It is called for each request.
    ///   - secret: What signs the cookies, at least 32 bytes. A server with another secret does not accept them.
    public static func users(_ users: @escaping @Sendable () -> Users, secret: [UInt8]) -> Self {
        Self(method: .users(users, Sessions(secret: secret)))
    }

    /// People log in by name and password, and both the users and the secret may change while the dashboard is served. With
    /// another secret, people log in again.
    package static func users(
        _ users: @escaping @Sendable () -> Users, secret: @escaping @Sendable () -> [UInt8]
    ) -> Self {
        Self(method: .users(users, Sessions(secret)))
    }

    /// A proxy has checked who asks. The address of a client has to be known: the context of the router is a
    /// `RemoteAddressRequestContext`. Without that everybody is refused.
    public static func proxy(_ proxy: TrustedProxy) -> Self { Self(method: .proxy(proxy)) }

    /// The application knows: from a session of its own, or from a header of a proxy that it trusts.
    /// - Parameter principal: Returns the sender of a request; nil for an unknown one, who is refused.
    public static func custom(_ principal: @escaping @Sendable (Request) async -> Principal?) -> Self {
        Self(method: .custom(principal))
    }

    /// Whether there is a page to log in.
    var hasLogin: Bool {
        if case .users = method { return true }
        return false
    }
}
