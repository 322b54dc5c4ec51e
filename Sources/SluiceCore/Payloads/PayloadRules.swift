/// The rules for the payloads of a client and of the workers made with it.
package struct PayloadRules: Sendable {
    /// The maximum size of a job, and of a result, in bytes.
    package var limit: Int
    /// The keys for encrypted payloads.
    package var keys: PayloadKeys?
    /// Whether payloads that are not encrypted are neither written nor read.
    package var requiresEncryption = false
    /// Whether equal texts are encrypted to equal ones.
    package var isRepeatable = false

    package init(limit: Int, keys: PayloadKeys? = nil, requiresEncryption: Bool = false) {
        self.limit = limit
        self.keys = keys
        self.requiresEncryption = requiresEncryption
    }

    /// Encrypts a text.
    /// - Throws: `invalidArgument` without keys.
    package func seal(_ text: [UInt8], as part: PayloadKeys.Part) throws(SluiceError) -> SealedText {
        guard let keys else {
            throw SluiceError(
                .invalidArgument, "this is to be encrypted, and the client was given no keys: set its options' keys")
        }
        return try keys.seal(text, as: part, isRepeatable: isRepeatable)
    }

    /// The plain text, whether it was encrypted or not. `mustBeSealed` is set for a text of an encrypted kind; `what` names the
    /// text for people.
    /// - Throws: `undecryptable` if that is not possible with these keys.
    package func opened(
        _ text: [UInt8], as part: PayloadKeys.Part, mustBeSealed: Bool, _ what: String
    ) throws(SluiceError) -> [UInt8] {
        guard let sealed = SealedText(text) else {
            if mustBeSealed || requiresEncryption { throw Self.stripped(what) }
            return text
        }
        return try open(sealed, as: part)
    }

    /// The error for a text that should be encrypted and is not.
    package static func stripped(_ what: String) -> SluiceError {
        SluiceError(
            .undecryptable,
            "\(what) is not encrypted, and what is read here has to be: it was written without keys, or changed in Redis")
    }

    /// Decrypts a text.
    /// - Throws: `undecryptable` if that is not possible with these keys.
    package func open(_ sealed: SealedText, as part: PayloadKeys.Part) throws(SluiceError) -> [UInt8] {
        guard let keys else { throw sealed.closed(to: []) }
        return try keys.open(sealed, as: part)
    }
}
