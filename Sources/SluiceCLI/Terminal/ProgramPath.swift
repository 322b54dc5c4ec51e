import Foundation
import SluiceCore
import SluiceToolSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where the programs are that the tool starts.
enum ProgramPath {
    /// This program, to start it again.
    static let current: String = {
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        return Bundle.main.executablePath ?? CommandLine.arguments[0]
    }()

    /// Another program of Sluice: the one beside this, else the first in `PATH`.
    /// - Throws: `Failure` if there is none.
    static func companion(_ name: String) throws(Failure) -> String {
        let beside = URL(fileURLWithPath: current).deletingLastPathComponent().appendingPathComponent(name).path
        for candidate in [beside, name] {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            if let found = try? ProgramSearch.find(candidate, in: path) { return found }
        }
        throw Failure(
            "\(name) is not beside \(current) and not in $PATH. Install it (deploy/install), or build it: "
                + "swift build --product \(name)")
    }

    /// Replaces this process by another program. Returns only on failure, with the reason.
    static func replaceProcess(_ words: [String]) -> Failure {
        signal(SIGPIPE, SIG_DFL)
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        execvp(words[0], &pointers)
        return Failure("cannot run \(words[0]): \(String(cString: strerror(errno)))")
    }
}
