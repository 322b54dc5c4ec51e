/// TLS settings: trusted authorities and the client's certificate. Paths are of PEM files.
package struct RedisTLS: Hashable, Sendable {
    package enum Verification: String, Sendable {
        /// The certificate must be valid, and issued for the requested host.
        case full
        /// Any certificate is accepted: this keeps out eavesdroppers, not impostors.
        case none
    }

    /// The trusted authorities; nil for the system's.
    package var authorities: String?
    /// The client's certificate, followed by its intermediates, for servers that ask for one.
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
