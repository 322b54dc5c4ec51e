import Foundation
import Subprocess
import SystemPackage

/// A program that reads files of `deploy/`, and says what is wrong with them.
struct Checker: Sendable {
    let path: String

    /// Nil if the program is neither in `PATH` nor where `deploy/prerequisites` installs such programs.
    init?(_ name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let found = (folders + [Self.own + "/bin"]).map { "\($0)/\(name)" }
            .first(where: FileManager.default.isExecutableFile(atPath:))
        guard let found else { return nil }
        path = found
    }

    init(path: String) { self.path = path }

    private static let own = DeployFiles.root.appending(path: ".build/validators").path

    /// What a program said on both outputs, and whether it ended with status 0.
    struct Verdict: Sendable {
        var said: String
        var isGood: Bool
    }

    func check(
        _ arguments: [String], in folder: String = DeployFiles.root.path, redis: String? = nil
    ) async throws -> Verdict {
        let known = ProcessInfo.processInfo.environment["PYTHONPATH"].map { [$0] } ?? []
        let modules = ([Self.own] + known).joined(separator: ":")
        let result = try await run(
            .path(FilePath(path)), arguments: Arguments(arguments),
            environment: .inherit.updating([
                "PYTHONPATH": modules, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "SLUICE_REDIS_URL": redis,
            ]),
            workingDirectory: FilePath(folder), input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Verdict(
            said: result.standardOutput + result.standardError, isGood: result.terminationStatus.isSuccess)
    }
}
