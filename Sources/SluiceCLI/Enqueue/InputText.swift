import Foundation
import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads text from outside. Text that is not UTF-8 is refused, since a replaced character would change its meaning.
enum InputText {
    /// Refuses arguments and environment variables that are not UTF-8. Swift would silently repair both.
    static func checkProcess() throws {
        for index in 1..<max(Int(CommandLine.argc), 1) {
            guard let word = CommandLine.unsafeArgv[index] else { continue }
            if String(validatingCString: word) == nil {
                throw Failure("argument \(index) is not UTF-8: '\(String(cString: word).prefix(60))'", status: .usage)
            }
        }
        for name in ["SLUICE_REDIS_URL", "SLUICE_HOME", "SLUICE_KEYS", "HOME"] {
            guard let value = getenv(name) else { continue }
            if String(validatingCString: value) == nil { throw Failure("$\(name) is not UTF-8", status: .usage) }
        }
    }

    /// Reads the JSON of an option: the text itself, `@FILE` for the content of a file, `-` for standard input.
    /// - Parameter limit: the most bytes to read.
    /// - Throws: `invalidArgument` if it cannot be read or is not UTF-8; `payloadTooLarge` above the limit.
    static func json(_ option: String, limit: Int) throws(SluiceError) -> String {
        let (place, path) =
            switch option.first {
            case "-" where option == "-": ("standard input", "/dev/stdin")
            case "@": ("the file '\(option.dropFirst())'", String(option.dropFirst()))
            default: ("", "")
            }
        if path.isEmpty { return option }
        let bytes = try read(place, path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SluiceError(.invalidArgument, "\(place) is not UTF-8")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func read(_ place: String, _ path: String, limit: Int) throws(SluiceError) -> [UInt8] {
        let descriptor = path == "/dev/stdin" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        func failure() -> SluiceError {
            SluiceError(.invalidArgument, "\(place) cannot be read: \(String(cString: strerror(errno)).lowercased())")
        }
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            if bytes.count > limit { throw SluiceError(.payloadTooLarge, "\(place) is above the limit of \(limit) bytes") }
        }
    }
}

// Methods of the same name hide the system's function.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
