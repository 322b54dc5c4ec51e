#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file with a secret, such as payload keys, webhook secrets or a private key of TLS. The same rules apply to all.
///
/// The checks look at the opened file. So a symbolic link, as Kubernetes mounts secrets, and a pipe, as shells make of
/// `<(command)`, work like a file. A pipe that nobody writes to is refused after a while. A file that others can change is rejected, since they could put their own keys there. A file
/// that others can only read is used, with a warning: a container may have no other users.
package struct SecretFile: Sendable {
    /// The content of the file.
    package let text: String
    /// A warning about the file, if there is one.
    package let warning: String?

    private static let most = 1 << 20
    /// How long a pipe may have no writer, in ms. The one who writes may start later than the one who reads.
    private static let patienceForWriter: Int32 = 3_000
    /// How long the writer of a pipe may be silent, in ms.
    private static let patienceWithWriter: Int32 = 60_000

    /// Reads a file; `what` names its content for people.
    /// - Throws: If it cannot be read or is not safe. The message contains nothing of its content.
    package init(_ path: String, of what: String) throws(SecretFileRefused) {
        func refusal(_ why: String) -> SecretFileRefused {
            SecretFileRefused(description: "the file of \(what) '\(path)' \(why)")
        }
        // A pipe without a writer would hold up whoever opens it, and so would some devices.
        let file = systemOpen(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw refusal("cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw refusal("cannot be read: \(String(cString: strerror(errno)))") }
        guard [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT) else { throw refusal("is no file") }
        if status.st_mode & 0o022 != 0 {
            throw refusal("can be changed by others: take that right from them, chmod go-rwx")
        }
        let bytes: [UInt8]
        switch Self.read(file, isPipe: status.st_mode & S_IFMT == S_IFIFO) {
        case .bytes(let content): bytes = content
        case .tooMany: throw refusal("cannot be read as text of at most 1 MiB")
        case .silent: throw refusal("is a pipe to which nobody writes")
        case .failed(let code): throw refusal("cannot be read: \(String(cString: strerror(code)))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw refusal("cannot be read as text: line \(Self.firstLine(thatIsNoTextIn: bytes)) is not UTF-8")
        }
        self.text = text
        warning = Self.warning(path, of: what, status)
    }

    /// The warning about a file that another program will read. A pipe can be read only once and is not opened.
    package static func warning(_ path: String, of what: String) -> String? {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? warning(path, of: what, status) : nil
    }

    private static func warning(_ path: String, of what: String, _ status: stat) -> String? {
        if status.st_mode & 0o044 == 0 { return nil }
        return "the file of \(what) '\(path)' can be read by others: chmod 600, or where it is mounted give it that mode, "
            + "such as defaultMode: 0400 in Kubernetes"
    }

    /// No character has a line feed inside, so lines can be looked at one by one.
    private static func firstLine(thatIsNoTextIn bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
    }

    private enum Content {
        case bytes([UInt8])
        case tooMany
        /// A pipe to which nobody writes.
        case silent
        case failed(Int32)
    }

    private static func read(_ file: Int32, isPipe: Bool) -> Content {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        var hasWaited = false
        while true {
            let count = buffer.withUnsafeMutableBytes { systemRead(file, $0.baseAddress, $0.count) }
            let code = errno
            if count < 0, code == EINTR { continue }
            if count < 0, code == EAGAIN {
                if !isReadable(file, within: patienceWithWriter) { return .silent }
                continue
            }
            if count < 0 { return .failed(code) }
            // A pipe that no writer has opened yet has an end, too.
            if count == 0, isPipe, bytes.isEmpty, !hasWaited {
                hasWaited = true
                if !isReadable(file, within: patienceForWriter) { return .silent }
                continue
            }
            if count == 0 { return .bytes(bytes) }
            bytes += buffer[..<count]
            if bytes.count > most { return .tooMany }
        }
    }

    /// Waits for bytes, or for the end of a pipe that had a writer.
    private static func isReadable(_ file: Int32, within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        while true {
            let count = poll(&wanted, 1, milliseconds)
            if count >= 0 || errno != EINTR { return count > 0 }
        }
    }
}

// Methods of the same names hide the system's functions.
private func systemOpen(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(file, buffer, count) }
