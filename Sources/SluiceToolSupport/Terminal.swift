import Foundation
import Logging
package import SluiceCore
import SluiceInspector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The reader of our output has gone away, as `head` does: no reason to complain.
package struct OutputClosed: Error {
    package init() {}
}

/// Standard output or standard error, and what it looks like at the other end.
package struct Terminal: Sendable {
    package static let output = Terminal(descriptor: 1)
    package static let errors = Terminal(descriptor: 2)

    /// Whether a person reads it, rather than a program or a file.
    package let isInteractive: Bool
    /// Columns, if a person reads it.
    package let width: Int?
    /// Whether to use colours: not for programs, and not for people who set `NO_COLOR` (https://no-color.org).
    package let style: Style
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
    /// - Throws: `OutputClosed` if the reader has gone; `Failure` for a full disk and the like.
    package func line(_ text: String = "") throws { try lines([text]) }

    /// Writes lines.
    package func lines(_ lines: [String]) throws {
        try write(lines.map { SafeText.shown($0, isColoured: style.isColoured) + "\n" }.joined().utf8)
    }

    /// Writes a document and a line end.
    package func json(_ value: JSONValue) throws { try write(SafeText.json(value.encoded()) + [UInt8(ascii: "\n")]) }

    /// Writes over the line of the cursor, and stays there.
    package func redraw(_ text: String) throws {
        try write("\r\u{1B}[K\(SafeText.shown(text, isColoured: style.isColoured))".utf8)
    }

    /// Writes over the last lines, and everything below, in one write, so that no half drawing is ever seen.
    package func redraw(_ lines: [String], over height: Int) throws {
        let up = height > 0 ? "\u{1B}[\(height)A" : ""
        let text = lines.map { SafeText.shown($0, isColoured: style.isColoured) + "\u{1B}[K\n" }.joined()
        try write("\r\(up)\(text)\u{1B}[J".utf8)
    }

    /// Writes a question, and stays behind it.
    package func ask(_ question: String) throws { try write(SafeText.shown(question).utf8) }

    /// Writes text of our own as it is: help, a completion script, the function library.
    package func write(ours text: String) throws { try write(text.utf8) }

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

    /// Whether the reader has gone, which a writer without anything to write would not notice.
    package var isClosed: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return systemPoll(&poll, 1, 0) == 1 && poll.revents & Int16(POLLERR) != 0
    }

    /// Writes one line to standard error, under the program's name. Where that fails, no other place is left to say it.
    /// - Parameter isDrawn: Whether the message is drawn over several lines. All others are one line, whatever a value holds.
    package static func complain(_ message: String, isDrawn: Bool = false) {
        if LogFormat.current == .json { return complainToProgram(message) }
        let text = isDrawn ? SafeText.shown(message) : HumanText.visible(message)
        try? errors.write("\(program): \(text)\n".utf8)
    }

    /// The same as a line of a log that programs read.
    private static func complainToProgram(_ message: String) {
        let (isWarning, warning) = (message.hasPrefix("warning: "), message.dropFirst("warning: ".count))
        let text = isWarning ? String(warning) : message
        try? errors.json(WorkerLogHandler.json(isWarning ? .warning : .error, text, program, [], at: .now))
    }

    /// The name that this program was called by, without its folder.
    private static let program: String = {
        let name = (CommandLine.arguments.first ?? "").split(separator: "/").last.map(String.init)
        return name ?? "sluice"
    }()
}

// Methods of the same name hide the system's functions.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func systemPoll(_ descriptors: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ timeout: Int32) -> Int32 {
    poll(descriptors, count, timeout)
}
