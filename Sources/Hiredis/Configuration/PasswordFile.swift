import Logging
import SecretFiles

/// The file of the password of a Redis user, under the rule of `SecretFile`. Its first line is the password.
package enum PasswordFile {
    private static let what = "the password of Redis"

    /// The warning about a file, when it is used for the first time; nil if there is none.
    package static func warning(_ path: String) -> String? {
        SecretFile.warning(path, of: what).flatMap { PrivateKeyFile.isNew(path) ? $0 : nil }
    }

    /// Reads the password.
    /// - Throws: `unreachable` if it cannot be read, others may change it, or it is empty.
    static func read(_ path: String, _ logger: Logger) throws(RedisError) -> String {
        let file: SecretFile
        do throws(SecretFileRefused) {
            file = try SecretFile(path, of: what)
        } catch {
            throw .unreachable(error.description)
        }
        if let warning = file.warning, PrivateKeyFile.isNew(path) { logger.warning("\(warning)") }
        let lines = file.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard let password = lines.first, !password.isEmpty else {
            throw .unreachable("the file of \(what) '\(path)' is empty")
        }
        guard lines.dropFirst().allSatisfy(\.isEmpty) else {
            throw .unreachable("the file of \(what) '\(path)' has more than one line")
        }
        return String(password)
    }
}
