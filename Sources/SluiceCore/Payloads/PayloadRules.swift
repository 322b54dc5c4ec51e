/// What holds for the payloads of a client and the workers made with it.
package struct PayloadRules: Sendable {
    /// The most bytes of a job, and of a result.
    package var limit: Int
    /// What seals and opens those that are encrypted.
    package var keys: PayloadKeys?
    /// Whether nothing is written or read that is not encrypted.
    package var requiresEncryption = false
    /// Whether equal texts are sealed to equal ones.
    package var isRepeatable = false

    package init(limit: Int, keys: PayloadKeys? = nil, requiresEncryption: Bool = false) {
        self.limit = limit
        self.keys = keys
        self.requiresEncryption = requiresEncryption
    }

    /// Seals a text.
    /// - Throws: `invalidArgument` without keys.
    package func seal(_ text: [UInt8], as part: PayloadKeys.Part) throws(SluiceError) -> SealedText {
        guard let keys else {
            throw SluiceError(
                .invalidArgument, "this is to be encrypted, and the client was given no keys: set its options' keys")
        }
        return try keys.seal(text, as: part, isRepeatable: isRepeatable)
    }

    /// The text itself, whether it was sealed or not; `mustBeSealed` for a text of a kind that is encrypted. `what` it is, for people.
    /// - Throws: `undecryptable`.
    package func opened(
        _ text: [UInt8], as part: PayloadKeys.Part, mustBeSealed: Bool, _ what: String
    ) throws(SluiceError) -> [UInt8] {
        guard let sealed = SealedText(text) else {
            if mustBeSealed || requiresEncryption { throw Self.stripped(what) }
            return text
        }
        return try open(sealed, as: part)
    }

    /// What is read was to be encrypted, and is not.
    package static func stripped(_ what: String) -> SluiceError {
        SluiceError(
            .undecryptable,
            "\(what) is not encrypted, and what is read here has to be: it was written without keys, or changed in Redis")
    }

    /// Opens a text.
    /// - Throws: `undecryptable`.
    package func open(_ sealed: SealedText, as part: PayloadKeys.Part) throws(SluiceError) -> [UInt8] {
        guard let keys else { throw sealed.closed(to: []) }
        return try keys.open(sealed, as: part)
    }
}
