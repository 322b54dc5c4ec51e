/// The words of a command, end to end in one array, so that thousands of arguments cost two allocations.
package struct RedisCommand: Sendable, ExpressibleByArrayLiteral {
    var bytes: [UInt8] = []
    var lengths: [Int] = []

    /// Makes an empty command with room for the arguments to come.
    package init(reservingArguments arguments: Int, bytes byteCount: Int) {
        bytes.reserveCapacity(byteCount)
        lengths.reserveCapacity(arguments)
    }

    package init(_ words: [String]) {
        lengths.reserveCapacity(words.count)
        for word in words { append(word) }
    }

    package init(arrayLiteral words: String...) {
        self.init(words)
    }

    package var argumentCount: Int { lengths.count }

    /// The size of all words together, without the protocol around them.
    package var byteCount: Int { bytes.count }

    /// The first word, for errors and logs. The other words may be secrets.
    package var name: String {
        guard let length = lengths.first else { return "" }
        return String(decoding: bytes.prefix(length), as: UTF8.self)
    }

    package mutating func append(_ text: String) {
        let start = bytes.count
        bytes.append(text: text)
        lengths.append(bytes.count - start)
    }

    package mutating func append(_ argument: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: argument)
        lengths.append(bytes.count - start)
    }

    package mutating func append(_ argument: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    package mutating func append(contentsOf argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    /// Appends a number in decimal.
    package mutating func append(_ number: Int) {
        let start = bytes.count
        bytes.append(decimal: number)
        lengths.append(bytes.count - start)
    }

    /// Appends one argument that `write` builds from pieces, without temporaries.
    package mutating func appendArgument(reserving byteCount: Int, _ write: (inout ArgumentWriter) -> Void) {
        let start = bytes.count
        if bytes.capacity - start < byteCount {
            bytes.reserveCapacity(max(start + byteCount, 2 * bytes.capacity))
        }
        // The array moves into the writer and back, so it stays uniquely referenced and is never copied.
        var writer = ArgumentWriter(bytes: [])
        swap(&writer.bytes, &bytes)
        write(&writer)
        swap(&writer.bytes, &bytes)
        lengths.append(bytes.count - start)
    }
}
