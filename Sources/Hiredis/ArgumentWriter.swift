/// Writes the pieces of one argument directly into its command.
package struct ArgumentWriter {
    var bytes: [UInt8]

    package mutating func append(_ text: String) {
        bytes.append(text: text)
    }

    package mutating func append(contentsOf piece: [UInt8]) {
        bytes.append(contentsOf: piece)
    }

    package mutating func append(_ piece: some Sequence<UInt8>) {
        bytes.append(contentsOf: piece)
    }

    package mutating func append(_ piece: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: piece)
    }

    package mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    /// Appends a number in decimal.
    package mutating func append(_ number: Int) {
        bytes.append(decimal: number)
    }
}
