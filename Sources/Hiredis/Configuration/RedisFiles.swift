package import Logging
import NIOSSL

/// What connections take from files: the password, and the certificates and the private key of TLS.
///
/// They are read anew for each connection, so that a renewed certificate needs no restart. When a file is no longer valid, what
/// was read before stays in use. All copies of a configuration share this; it is no setting, so any two are equal.
package final class RedisFiles: Sendable, Hashable {
    fileprivate let password = LastValid<String>()
    fileprivate let encryption = LastValid<NIOSSLContext>()

    package static func == (_: RedisFiles, _: RedisFiles) -> Bool { true }

    package func hash(into _: inout Hasher) {}
}

extension RedisConfiguration {
    /// Reads the files again, for the connections to come.
    /// - Throws: `unreachable` for the first one that is not valid. What was read of it before stays in use.
    package func readFiles(_ logger: Logger) throws(RedisError) {
        if let tls { _ = try files.encryption.renew { () throws(RedisError) in try tls.context(logger) } }
        guard let passwordFile else { return }
        _ = try files.password.renew { () throws(RedisError) in try PasswordFile.read(passwordFile, logger) }
    }

    /// The password, from its file if there is one.
    /// - Throws: `unreachable` if the file was never valid.
    package func currentPassword(_ logger: Logger) throws(RedisError) -> String? {
        guard let passwordFile else { return password }
        return try files.password.current(logger) { () throws(RedisError) in try PasswordFile.read(passwordFile, logger) }
    }

    /// What encrypts the next connection; nil for a plain one.
    /// - Throws: `unreachable` if the files were never valid.
    func encryption(_ logger: Logger) throws(RedisError) -> NIOSSLContext? {
        guard let tls else { return nil }
        return try files.encryption.current(logger) { () throws(RedisError) in try tls.context(logger) }
    }
}

extension RedisTLS {
    /// Reads the files.
    /// - Throws: `unreachable`, which names the file.
    fileprivate func context(_ logger: Logger) throws(RedisError) -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.certificateVerification = verification == .full ? .fullVerification : .none
        if let authorities { settings.trustRoots = .certificates(try Self.certificates(authorities)) }
        if let certificate { settings.certificateChain = try Self.certificates(certificate).map { .certificate($0) } }
        if let privateKey { settings.privateKey = .privateKey(try PrivateKeyFile.read(privateKey, logger)) }
        do {
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw .unreachable("the certificate and its key cannot be used: \(ConnectFailure.text(of: error))")
        }
    }

    private static func certificates(_ path: String) throws(RedisError) -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw .unreachable("cannot read the PEM file \(path): \(ConnectFailure.text(of: error))")
        }
    }
}
