import Foundation
import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The reader of our output has gone away, as `head` does: no reason to complain.
struct OutputClosed: Error {}

/// Standard output or standard error, and what it looks like at the other end.
struct Terminal: Sendable {
    static let output = Terminal(descriptor: 1)
    static let errors = Terminal(descriptor: 2)

    /// Whether a person reads it, rather than a program or a file.
    let isInteractive: Bool
    /// Columns, if a person reads it.
    let width: Int?
    /// Whether to use colours: not for programs, and not for people who set `NO_COLOR` (https://no-color.org).
    let style: Style
    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        let environment = ProcessInfo.processInfo.environment
        isInteractive = isatty(descriptor) == 1
        width = isInteractive ? Self.columns(descriptor, environment) : nil
        let wantsColour = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        style = Style(isColoured: isInteractive && wantsColour)
    }

    private static func columns(_ descriptor: Int32, _ environment: [String: String]) -> Int {
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return environment["COLUMNS"].flatMap { Int($0) } ?? 80
    }

    /// Writes all of it.
    /// - Throws: `OutputClosed` if nobody reads any more; `Failure` for a full disk and the like.
    func write(_ text: some Sequence<UInt8>) throws {
        var rest = ArraySlice(Array(text))
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR && errno != EAGAIN {
                throw Failure("cannot write to standard output: \(String(cString: strerror(errno)))")
            }
        }
    }

    func write(_ text: String) throws { try write(text.utf8) }

    /// Writes a line.
    func line(_ text: String = "") throws { try write(text + "\n") }

    /// Writes lines.
    func lines(_ lines: [String]) throws { try write(lines.map { $0 + "\n" }.joined()) }

    /// Writes a document and a line end.
    func json(_ value: JSONValue) throws { try write(value.encoded() + [UInt8(ascii: "\n")]) }

    /// Whether nobody reads any more, which a writer that has nothing to write would not notice.
    var isClosed: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return systemPoll(&poll, 1, 0) == 1 && poll.revents & Int16(POLLERR) != 0
    }

    /// Writes one line to standard error, under the tool's name.
    static func complain(_ message: String) {
        let line = Array("sluice: \(message)\n".utf8)
        // There is nobody to tell if this fails.
        _ = line.withUnsafeBytes { systemWrite(2, $0.baseAddress, $0.count) }
    }
}

// Methods of the same name hide the system's functions.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func systemPoll(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ timeout: Int32) -> Int32 {
    poll(descriptors, count, timeout)
}
