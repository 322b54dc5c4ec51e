import NIOCore

extension RedisCommand {
    /// The most bytes of a command.
    static let largestCommand = 1 << 30
    static let mostArguments = 1 << 24

    /// The most bytes of a length or a count with its marker and line end.
    static let framing = 24

    /// Appends the command in wire format, an array of bulk strings: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`.
    ///
    /// hiredis' formatter prints each length with `sprintf` and copies all words twice: a sixth of what an enqueue of 1,000 jobs
    /// costs its client.
    /// - Throws: `.refused` for a command without words, to which Redis would not reply, and for one too large to send.
    func encode(into buffer: inout ByteBuffer) throws(RedisError) {
        guard !lengths.isEmpty else { throw .refused("a command without a word") }
        guard byteCount <= Self.largestCommand, argumentCount <= Self.mostArguments else {
            throw .refused("\(name) with \(argumentCount) arguments and \(byteCount) bytes is too large to send")
        }
        let most = byteCount + Self.framing * (argumentCount + 1)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { target in
            var wire = WireWriter(target)
            wire.write(UInt8(ascii: "*"), count: lengths.count)
            bytes.withUnsafeBytes { words in
                var start = 0
                for length in lengths {
                    wire.write(UInt8(ascii: "$"), count: length)
                    wire.write(UnsafeRawBufferPointer(rebasing: words[start..<start + length]))
                    start += length
                }
            }
            return wire.count
        }
    }
}

/// Writes into memory that has room for all.
private struct WireWriter {
    private let target: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    private mutating func write(_ byte: UInt8) {
        target[count] = byte
        count += 1
    }

    private mutating func endLine() {
        write(UInt8(ascii: "\r"))
        write(UInt8(ascii: "\n"))
    }

    mutating func write(_ marker: UInt8, count number: Int) {
        write(marker)
        var power = 1
        while power <= number / 10 { power *= 10 }
        while power > 0 {
            write(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10))
            power /= 10
        }
        endLine()
    }

    mutating func write(_ word: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: target[count...]).copyMemory(from: word)
        count += word.count
        endLine()
    }
}
