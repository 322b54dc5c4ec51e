import Foundation
import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The reader of the output has gone away, as `head` does. This is not an error.
struct OutputClosed: Error {}

/// Standard output or standard error, and the kind of its reader.
struct Terminal: Sendable {
    static let output = Terminal(descriptor: 1)
    static let errors = Terminal(descriptor: 2)

    /// Whether a person reads the output, rather than a program or a file.
    let isInteractive: Bool
    /// The number of columns, if a person reads the output.
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

    /// Writes a line.
    /// - Throws: `OutputClosed` if the reader is gone; `Failure` for a full disk and similar errors.
    func line(_ text: String = "") throws { try lines([text]) }

    /// Writes lines.
    func lines(_ lines: [String]) throws {
        try write(lines.map { SafeText.shown($0, isColoured: style.isColoured) + "\n" }.joined().utf8)
    }

    /// Writes a JSON document and a line end.
    func json(_ value: JSONValue) throws { try write(SafeText.json(value.encoded()) + [UInt8(ascii: "\n")]) }

    /// Replaces the current line, and keeps the cursor on it.
    func redraw(_ text: String) throws {
        try write("\r\u{1B}[K\(SafeText.shown(text, isColoured: style.isColoured))".utf8)
    }

    /// Replaces the last `height` lines and everything below in one write, so that no partial drawing is visible.
    func redraw(_ lines: [String], over height: Int) throws {
        let up = height > 0 ? "\u{1B}[\(height)A" : ""
        let text = lines.map { SafeText.shown($0, isColoured: style.isColoured) + "\u{1B}[K\n" }.joined()
        try write("\r\(up)\(text)\u{1B}[J".utf8)
    }

    /// Writes a question, and keeps the cursor behind it.
    func ask(_ question: String) throws { try write(SafeText.shown(question).utf8) }

    /// Writes trusted text unchanged: help, a completion script, the function library.
    func write(ours text: String) throws { try write(text.utf8) }

    private func write(_ text: some Sequence<UInt8>) throws {
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

    /// Whether the reader is gone. A process that has nothing to write would not notice otherwise.
    var isClosed: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return systemPoll(&poll, 1, 0) == 1 && poll.revents & Int16(POLLERR) != 0
    }

    /// Writes one line to standard error, with the tool's name in front. A failure is ignored.
    static func complain(_ message: String) { try? errors.write("sluice: \(SafeText.shown(message))\n".utf8) }
}

// Methods of the same name hide the system's functions.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func systemPoll(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ timeout: Int32) -> Int32 {
    poll(descriptors, count, timeout)
}
