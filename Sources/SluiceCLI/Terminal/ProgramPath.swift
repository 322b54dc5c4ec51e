import Foundation
import SluiceCore
import SluiceToolSupport

/// Where the programs are that the tool starts.
enum ProgramPath {
    /// This program, to start it again.
    static let current: String = {
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        return Bundle.main.executablePath ?? CommandLine.arguments[0]
    }()

    /// The program that delivers web hooks: the one beside this, else the first in `PATH`.
    /// - Throws: `Failure` if there is none.
    static func webhooks() throws(Failure) -> String {
        let name = "sluice-webhooks"
        let beside = URL(fileURLWithPath: current).deletingLastPathComponent().appendingPathComponent(name).path
        for candidate in [beside, name] {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            if let found = try? ProgramSearch.find(candidate, in: path) { return found }
        }
        throw Failure(
            "\(name) is not beside \(current) and not in $PATH. Install it (deploy/install), or build it: "
                + "swift build --product \(name)")
    }
}
