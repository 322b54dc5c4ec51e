/// How to talk TLS: whom to believe, and how to prove who we are. Paths are of PEM files.
package struct RedisTLS: Hashable, Sendable {
    package enum Verification: String, Sendable {
        /// The certificate must be valid and for the host we asked for.
        case full
        /// Any certificate will do: this keeps out eavesdroppers, not impostors.
        case none
    }

    /// The authorities to believe; nil means the system's.
    package var authorities: String?
    /// Our certificate, followed by its intermediates, for servers that ask for one.
    package var certificate: String?
    package var privateKey: String?
    package var verification: Verification

    package init(
        authorities: String? = nil, certificate: String? = nil, privateKey: String? = nil, verification: Verification = .full
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.privateKey = privateKey
        self.verification = verification
    }
}
