import Foundation
import SluiceToolSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads lines as they arrive. It holds at most one line and one piece of input.
struct LineReader {
    struct Line: Equatable {
        /// The number of the line, from 1.
        var number: Int
        /// The text without the line end, LF or CR LF; nil for a line above the limit, whose bytes are dropped.
        var text: [UInt8]?
    }

    private static let piece = 256 * 1024

    private let descriptor: Int32
    private let limit: Int
    private var started: [UInt8] = []
    private var isTooLong = false
    private var number = 0
    private var isAtEnd = false

    /// - Parameter limit: The most bytes of a line.
    init(descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// Returns the complete lines, and waits for input if there are none; nil at the end, or if the task was cancelled. The last
    /// line needs no line end.
    mutating func next() throws -> [Line]? {
        if isAtEnd { return nil }
        guard let input = try readPiece() else { return nil }
        if input.isEmpty {
            isAtEnd = true
            return started.isEmpty && !isTooLong ? nil : [finish()]
        }
        var lines: [Line] = []
        for part in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { lines.append(finish()) }
            if started.count + part.element.count > limit {
                isTooLong = true
                started = []
            } else if !isTooLong {
                started += part.element
            }
        }
        return lines
    }

    private mutating func finish() -> Line {
        number += 1
        if started.last == UInt8(ascii: "\r") { started.removeLast() }
        let line = Line(number: number, text: isTooLong ? nil : started)
        started = []
        isTooLong = false
        return line
    }

    private func readPiece() throws -> [UInt8]? {
        while !Task.isCancelled {
            var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // Signals arrive on another thread, so a blocking read would delay their effect until there is input.
            if poll(&input, 1, 100) == 0 { continue }
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.piece) { buffer, initialized in
                count = read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count >= 0 { return bytes }
            if errno != EINTR { throw Failure("cannot read standard input: \(String(cString: strerror(errno)))") }
        }
        return nil
    }
}
