import CHiredis
import NIOCore

extension RedisCommand {
    /// hiredis 0.14 sums lengths in an `int`. Half of its range leaves room for the protocol around the words.
    static let largestCommand = 1 << 30
    static let mostArguments = 1 << 24

    /// Appends the command in wire format, made by hiredis' formatter.
    ///
    /// - Throws: `.refused` for a command without words, to which Redis would not reply, and for one too large to encode.
    func encode(into buffer: inout ByteBuffer) throws(RedisError) {
        guard !lengths.isEmpty else { throw .refused("a command without a word") }
        guard byteCount <= Self.largestCommand, argumentCount <= Self.mostArguments else {
            throw .refused("\(name) with \(argumentCount) arguments and \(byteCount) bytes is too large to send")
        }
        guard let formatted = format() else { throw .refused("\(name) is too large for the memory there is") }
        buffer.writeBytes(formatted)
        redisFreeCommand(formatted.baseAddress.map { UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: CChar.self)) })
    }

    /// The command in memory allocated by hiredis.
    private func format() -> UnsafeRawBufferPointer? {
        var target: UnsafeMutablePointer<CChar>?
        let length = bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { words in
                pointToWords(in: bytes, words)
                return redisFormatCommandArgv(&target, Int32(lengths.count), words.baseAddress, lengths)
            }
        }
        guard Int(length) >= 0, let target else { return nil }
        return UnsafeRawBufferPointer(start: target, count: Int(length))
    }

    private func pointToWords(
        in bytes: UnsafeRawBufferPointer, _ words: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>
    ) {
        var offset = 0
        for (index, length) in lengths.enumerated() {
            words.initializeElement(at: index, to: bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self))
            offset += length
        }
    }
}
