import Foundation
import Subprocess
import Testing

@testable import SluiceEmbedded

/// A home for an embedded server, that is stopped and removed at the end.
func withHome(named name: String = "home", _ body: (String) async throws -> Void) async throws {
    let directory = try PrivateRedis.makeDirectory()
    let home = "\(directory)/\(name)"
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(home))
    } catch {
        result = .failure(error)
    }
    _ = try? await EmbeddedRedis(home: home).stop()
    _ = try? await EmbeddedCluster(home: home).stop()
    try FileManager.default.removeItem(atPath: directory)
    try result.get()
}

/// Waits for what another process does; each try runs a command, which is what lets time pass.
func eventually(
    _ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("did not happen within 300 s", sourceLocation: sourceLocation)
            return
        }
        _ = try await runCommand("true", [])
    }
}

/// What the command printed, whatever its exit status.
func runCommand(_ name: String, _ arguments: [String]) async throws -> String {
    try await run(.name(name), arguments: Arguments(arguments), output: .string(limit: 1 << 16), error: .discarded)
        .standardOutput
}

/// The permission bits.
func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}
