/// The id of a job within its queue: 1 to 128 printable ASCII characters without space.
///
/// Generated ids are ULIDs (https://github.com/ulid/spec): 48 bits of the host's time in ms, then 80 random bits, in 26 characters
/// that sort by age. The time in an id is informative only; the server's clock decides.
public struct JobID: Identifier {
    /// The id as text.
    public let text: String

    /// Checks an id of your own. Enqueueing a second job with the id of one that is still kept adds nothing.
    /// - Throws: `invalidArgument` if it is empty, too long, or has a space or a character that is not printable ASCII.
    public init(_ text: String) throws(SluiceError) {
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SluiceError(
                .invalidArgument, "'\(text.prefix(80))' is not a valid job id: 1 to 128 printable ASCII characters without space")
        }
        self.text = text
    }

    /// Takes an id from code unchecked. The first call that uses a wrong one throws `invalidArgument`.
    public init(stringLiteral text: String) { self.text = text }

    /// Takes an id from Redis, which is known to be valid.
    package init(known text: String) { self.text = text }
}

/// Generates ULIDs cheaply. It draws randomness once for each ms and counts up from it within that ms, as the ULID specification
/// allows, so the ids of one source rise. Not safe for concurrent use.
package struct JobIDSource: Sendable {
    private var milliseconds: UInt64 = 0
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    package init() {}

    /// The next id, at `milliseconds` since 1970 by the host's clock.
    package mutating func next(at now: UInt64) -> JobID {
        if now > milliseconds {
            milliseconds = now
            high = UInt64.random(in: 0..<(1 << 39))
            low = UInt64.random(in: 0..<(1 << 40))
        } else {
            low += 1
            if low == 1 << 40 {
                low = 0
                high += 1
            }
        }
        return JobID(known: text())
    }

    private func text() -> String {
        String(unsafeUninitializedCapacity: 26) { buffer in
            write(milliseconds, digits: 10, into: buffer, from: 0)
            write(high, digits: 8, into: buffer, from: 10)
            write(low, digits: 8, into: buffer, from: 18)
            return 26
        }
    }

    private func write(_ number: UInt64, digits: Int, into buffer: UnsafeMutableBufferPointer<UInt8>, from start: Int) {
        var rest = number
        for place in stride(from: start + digits - 1, through: start, by: -1) {
            buffer[place] = Self.alphabet[Int(rest & 31)]
            rest >>= 5
        }
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}
