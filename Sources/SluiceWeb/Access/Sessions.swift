import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes and checks the cookies of people who have logged in. A cookie is `NAME:EXPIRY:SIGNATURE`, with an HMAC (SHA-256) over
/// these and the hash of the user's password: a new password ends all sessions of the user.
///
/// The role is not in the cookie: it is looked up for every request, so that a change of the users counts at once.
struct Sessions: Sendable {
    static let cookie = "sluice_session"
    /// How long a user stays logged in.
    static let length: TimeInterval = 12 * 3600

    private let secret: @Sendable () -> [UInt8]

    /// - Parameter secret: What signs the cookies. Several servers behind one address share it.
    init(secret: [UInt8]) { self.init { secret } }

    /// - Parameter secret: Returns what signs the cookies now.
    init(_ secret: @escaping @Sendable () -> [UInt8]) { self.secret = secret }

    /// Makes a cookie for a user; nil if there is no such user.
    func cookie(for name: String, among users: Users, at now: Date = Date()) -> String? {
        guard let hash = users.hash(of: name) else { return nil }
        let content = "\(name):\(Int(now.timeIntervalSince1970 + Self.length))"
        return "\(content):\(signature("\(content):\(hash)"))"
    }

    /// The user that a cookie was made for; nil if it is forged or has expired, or if the user is gone or has another password.
    func principal(of cookie: String, among users: Users, at now: Date = Date()) -> Principal? {
        let parts = cookie.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let expiry = Int(parts[1]), Double(expiry) > now.timeIntervalSince1970,
            let hash = users.hash(of: parts[0]), let role = users.role(of: parts[0]),
            Secrets.areEqual(signature("\(parts[0]):\(parts[1]):\(hash)").utf8, parts[2].utf8)
        else { return nil }
        return Principal(name: parts[0], role: role)
    }

    private func signature(_ content: String) -> String {
        let key = SymmetricKey(data: SHA256.hash(data: Data("sluice session".utf8) + secret()))
        return HMAC<SHA256>.authenticationCode(for: Data(content.utf8), using: key)
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
