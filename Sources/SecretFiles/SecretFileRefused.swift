/// Why a file of secrets is not used. Nothing of what it holds is in the text.
package struct SecretFileRefused: Error, CustomStringConvertible {
    package let description: String
}
