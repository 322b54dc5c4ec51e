import NIOSSL
import SluiceCore

/// Decides which TLS certificates of receivers are trusted, and explains why one was not.
enum ReceiverTrust {
    /// - Parameter authorities: a PEM file of authorities to trust in addition to the system's.
    /// - Throws: `invalidArgument` if the file has no certificate.
    static func configuration(beside authorities: String?) throws(SluiceError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        guard let authorities else { return configuration }
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(authorities)
        } catch {
            throw SluiceError(.invalidArgument, "the file of authorities, '\(authorities)', cannot be read as PEM certificates")
        }
        if certificates.isEmpty {
            throw SluiceError(.invalidArgument, "the file of authorities, '\(authorities)', has no certificate")
        }
        configuration.additionalTrustRoots = [.certificates(certificates)]
        return configuration
    }

    /// Describes a TLS error in words; nil for other errors.
    static func refusal(_ error: any Error) -> String? {
        guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not to be trusted: no authority that is believed here vouches for it, or it is out of date"
        }
        if (error as? NIOSSLExtraError) == .failedToValidateHostname { return "its certificate is for another name" }
        return "TLS failed: \(text)"
    }
}
