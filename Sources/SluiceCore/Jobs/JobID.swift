/// The id of a job within its queue: 1 to 128 printable ASCII characters without space.
///
/// Generated ids have 14 letters and digits: four for the host's time, in steps of 2¹⁸ ms, about four minutes, and ten of a number.
/// They sort by age, to that step; the server's clock decides when a job was enqueued. Redis keeps an id of up to 14 bytes in half
/// the memory of a longer one, twice for each waiting job.
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

/// Generates ids. For each step of time it draws a random number below 62¹⁰ and counts up from there, so the ids of one source
/// rise. The fewer draws, the rarer do two sources meet: if 100 of them made 100,000 ids a second without a pause, two would meet
/// about once in 2,500 years. Not safe for concurrent use.
package struct JobIDSource: Sendable {
    /// 62¹⁰.
    private static let numbers: UInt64 = 839_299_365_868_340_224
    /// Binary digits of a time in ms that are left out.
    private static let fraction: UInt64 = 18

    private var step: UInt64 = 0
    /// Above every number, so that the first id draws one.
    private var number = Self.numbers

    package init() {}

    /// The next id, at `milliseconds` since 1970 by the host's clock.
    package mutating func next(at milliseconds: UInt64) -> JobID {
        let now = milliseconds >> Self.fraction
        number += 1
        if now > step || number >= Self.numbers {
            step = max(now, step + 1)
            number = UInt64.random(in: 0..<Self.numbers)
        }
        return JobID(known: text())
    }

    private func text() -> String {
        String(unsafeUninitializedCapacity: 14) { buffer in
            write(step, digits: 4, into: buffer, from: 0)
            write(number, digits: 10, into: buffer, from: 4)
            return 14
        }
    }

    private func write(_ number: UInt64, digits: Int, into buffer: UnsafeMutableBufferPointer<UInt8>, from start: Int) {
        var rest = number
        for place in stride(from: start + digits - 1, through: start, by: -1) {
            buffer[place] = Self.alphabet[Int(rest % 62)]
            rest /= 62
        }
    }

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}
