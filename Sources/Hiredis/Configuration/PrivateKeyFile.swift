import Logging
import NIOSSL
import SecretFiles
import Synchronization

/// The file of a private key of TLS, under the rule of `SecretFile`.
package enum PrivateKeyFile {
    private static let what = "the private key"
    /// Files that were warned of: each connection reads its own anew.
    private static let warned = Mutex<Set<String>>([])

    /// The warning about a file, when it is used for the first time; nil if there is none.
    package static func warning(_ path: String) -> String? {
        SecretFile.warning(path, of: what).flatMap { isNew(path) ? $0 : nil }
    }

    /// - Throws: `unreachable` if it cannot be read, others may change it, or it holds no key.
    static func read(_ path: String, _ logger: Logger) throws(RedisError) -> NIOSSLPrivateKey {
        do {
            let file = try SecretFile(path, of: what)
            if let warning = file.warning, isNew(path) { logger.warning("\(warning)") }
            return try NIOSSLPrivateKey(bytes: Array(file.text.utf8), format: .pem)
        } catch let refused as SecretFileRefused {
            throw .unreachable(refused.description)
        } catch {
            throw .unreachable("cannot read the PEM file \(path): \(ConnectFailure.text(of: error))")
        }
    }

    /// Whether no warning was told about a file before.
    static func isNew(_ path: String) -> Bool { warned.withLock { $0.insert(path).inserted } }
}
