import Foundation
import SluiceToolSupport
import Subprocess

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A pseudo-terminal, and what a program has written to it.
final class Screen {
    private let master: Int32
    let slave: Int32
    let settingsBefore: String
    var child: Int32 = 0
    private(set) var written = ""

    init(width: UInt16 = 80, height: UInt16 = 24) throws {
        var (master, slave) = (Int32(-1), Int32(-1))
        var size = winsize(ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&master, &slave, nil, nil, &size) == 0 else { throw Failure("there is no pseudo-terminal") }
        (self.master, self.slave) = (master, slave)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        settingsBefore = try Self.settings(slave)
    }

    func close() {
        systemClose(master)
        systemClose(slave)
    }

    func settings() throws -> String { try Self.settings(slave) }

    private static func settings(_ terminal: Int32) throws -> String {
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { throw Failure("the terminal is gone") }
        return "\(settings.c_iflag) \(settings.c_oflag) \(settings.c_cflag) \(settings.c_lflag) \(settings.c_cc)"
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    }

    /// The terminal has no session, so its change of size is told by hand.
    func resize(width: UInt16, height: UInt16) {
        var size = winsize(ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        kill(child, SIGWINCH)
    }

    /// Takes what was written so far.
    func read() throws {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = bytes.withUnsafeMutableBytes { systemRead(master, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            written += String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    /// The lines of the last drawing.
    var lines: [String] {
        let drawing = written.components(separatedBy: "\u{1B}[H").last ?? ""
        return drawing.replacing("\u{1B}[K", with: "").replacing("\u{1B}[J", with: "").components(separatedBy: "\r\n")
    }

    func wait(for text: String) async throws {
        try await wait { $0.contains { $0.contains(text) } }
    }

    /// Waits for a drawing. Each look runs a command, which is what lets time pass.
    func wait(_ isThere: ([String]) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(100)
        while true {
            try read()
            if isThere(lines) { return }
            guard ContinuousClock.now < deadline else { throw Failure("it was not drawn within 100 s: \(lines)") }
            _ = try await Subprocess.run(.name("true"), output: .discarded)
        }
    }
}

// Methods of the same name hide the system's functions.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

private func systemClose(_ descriptor: Int32) { close(descriptor) }
