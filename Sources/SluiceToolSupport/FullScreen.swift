import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The whole terminal, while a command draws on it and reads keys as they are pressed. What was there before comes back at the end,
/// in whatever way the command ends, but for SIGKILL and a crash.
package final class FullScreen: Sendable {
    /// Whether a person sits in front of a terminal that can be drawn on.
    package static var isPossible: Bool {
        isatty(0) == 1 && isatty(1) == 1 && (ProcessInfo.processInfo.environment["TERM"] ?? "dumb") != "dumb"
    }

    /// Stands for no key among the special ones.
    #if canImport(Darwin)
        private static let noKey: UInt8 = 0xFF
    #else
        private static let noKey: UInt8 = 0
    #endif

    /// The settings of the terminal before; nil once they are restored.
    private let before: Mutex<termios?>
    private let isOver = Atomic(false)

    private init(_ before: termios) { self.before = Mutex(before) }

    /// Lends the terminal, and restores it.
    /// - Throws: what `body` throws; `Failure` if there is no terminal.
    package static func run(_ body: (FullScreen) async throws -> Void) async throws {
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { throw Failure("standard input is no terminal", status: .usage) }
        let screen = FullScreen(before)
        try screen.enter(before)
        defer { screen.leave() }
        try await body(screen)
    }

    private func enter(_ before: termios) throws {
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // Ctrl-C still is a signal. A stop, or a core dump, would leave the screen as it is drawn.
        withUnsafeMutableBytes(of: &raw.c_cc) { keys in
            for index in [VSUSP, VQUIT] { keys[Int(index)] = Self.noKey }
            keys[Int(VMIN)] = 1
            keys[Int(VTIME)] = 0
        }
        guard tcsetattr(0, TCSAFLUSH, &raw) == 0 else { throw Failure("the terminal takes no settings") }
        // The other screen, no cursor, no wrapping of long lines.
        try Terminal.output.write(ours: "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
    }

    /// Restores the terminal. It may be called more than once.
    package func leave() {
        isOver.store(true, ordering: .relaxed)
        guard var before = before.withLock({ $0.take() }) else { return }
        // Where this fails, the terminal is gone.
        try? Terminal.output.write(ours: "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(0, TCSAFLUSH, &before)
    }

    /// The present size.
    package var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Replaces what is shown, in one write and without clearing first, so that nothing flickers.
    package func draw(_ lines: [String]) throws {
        let style = Terminal.output.style
        let text = lines.map { SafeText.shown($0, isColoured: style.isColoured) }.joined(separator: "\u{1B}[K\r\n")
        try Terminal.output.write(ours: "\u{1B}[H\(text)\u{1B}[K\u{1B}[J")
    }

    /// What is typed, until the end of the input or ``leave()``.
    package func keys() -> AsyncStream<[UInt8]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        // A thread of its own: a blocking read must not hold one of those that tasks share.
        Thread.detachNewThread { [self] in
            var bytes = [UInt8](repeating: 0, count: 256)
            while !isOver.load(ordering: .relaxed) {
                var wait = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
                let found = poll(&wait, 1, 250)
                if found == 0 || found < 0 && errno == EINTR { continue }
                let count = bytes.withUnsafeMutableBytes { read(0, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                if count <= 0 { break }
                continuation.yield(Array(bytes[..<count]))
            }
            continuation.finish()
        }
        return stream
    }
}
