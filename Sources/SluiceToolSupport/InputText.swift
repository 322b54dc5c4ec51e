import Foundation
package import SluiceCore
import SluiceInspector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Text that comes from outside. What is not UTF-8 is refused: to put other characters in its place would change what was meant.
package enum InputText {
    /// Refuses words of the command line, and settings in the environment, that are not UTF-8. Swift would repair both in silence.
    package static func checkProcess() throws {
        for index in 1..<max(Int(CommandLine.argc), 1) {
            guard let word = CommandLine.unsafeArgv[index] else { continue }
            if String(validatingCString: word) == nil {
                throw Failure("argument \(index) is not UTF-8: '\(String(cString: word).prefix(60))'", status: .usage)
            }
        }
        let names = [
            "SLUICE_REDIS_URL", GlobalOptions.passwordFileVariable, SettingsOptions.variable, "SLUICE_HOME", "SLUICE_KEYS",
            "SLUICE_ACTOR", "HOME",
        ]
        for name in names {
            guard let value = getenv(name) else { continue }
            if String(validatingCString: value) == nil { throw Failure("$\(name) is not UTF-8", status: .usage) }
        }
    }

    /// JSON as an option has it: the text itself, `@FILE` for what a file holds, `-` for standard input.
    /// - Parameter limit: bytes that are taken.
    /// - Throws: `invalidArgument` if it cannot be read or is not UTF-8, `payloadTooLarge`.
    package static func json(_ option: String, limit: Int) throws(SluiceError) -> String {
        let (place, path) =
            switch option.first {
            case "-" where option == "-": ("standard input", "/dev/stdin")
            case "@": ("the file '\(option.dropFirst())'", String(option.dropFirst()))
            default: ("", "")
            }
        if path.isEmpty {
            try check(option)
            return option
        }
        let bytes = try read(place, path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SluiceError(.invalidArgument, "\(place) is not UTF-8")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Refuses an option that is not JSON. A text without its quotes is the usual reason.
    private static func check(_ option: String) throws(SluiceError) {
        do throws(JSONScanner.Malformed) {
            try JSONSyntax.check(Array(option.utf8))
        } catch {
            let start = HumanText.cut(HumanText.visible(option), to: 40)
            throw SluiceError(
                .invalidArgument,
                "the arguments '\(start)' are no JSON (\(error.reason)): write a document, such as '{\"n\":1}', or a text in double "
                    + "quotes, such as '\"hello\"'; @FILE reads a file")
        }
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
