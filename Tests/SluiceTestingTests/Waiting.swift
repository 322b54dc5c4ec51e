import Foundation
import Subprocess
import Testing

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
