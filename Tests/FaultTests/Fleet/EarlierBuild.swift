import Foundation
import SluiceLua
import SluiceStore
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

/// The build before this one, from which a fleet comes.
///
/// With `SLUICE_EARLIER_BUILD=/path/to/sluice` it is a real one, of an earlier commit whose library has a lower revision of the
/// same protocol: its own programs work and load. Beside the tool lies its `FaultWorker`:
///
///     swift build --product sluice && swift build --product FaultWorker
///
/// Without it, a stand-in: the Lua before its last change, loaded by hand, and workers of this build that take themselves for
/// that revision. So the earlier functions are tried with the Swift of this build. Whether the earlier Swift works with the
/// functions of this build, only a real one tells.
struct EarlierBuild {
    let revision: Int
    /// What is put before the path of a worker of this build, and makes it one of the earlier build.
    let starter: [String]
    private let loader: Loader

    private enum Loader {
        case byHand(EarlierLibrary)
        case tool(path: String, text: String)
    }

    static func read() async throws -> EarlierBuild {
        if let tool = ProcessInfo.processInfo.environment["SLUICE_EARLIER_BUILD"], !tool.isEmpty { return try await real(tool) }
        let library = try await EarlierLibrary.read()
        return EarlierBuild(
            revision: EarlierLibrary.revision,
            starter: ["/usr/bin/env", "SLUICE_TEST_LIBRARY=\(EarlierLibrary.revision)"], loader: .byHand(library))
    }

    private static func real(_ tool: String) async throws -> EarlierBuild {
        let worker = URL(fileURLWithPath: tool).deletingLastPathComponent().appending(path: "FaultWorker").path
        try #require(FileManager.default.isExecutableFile(atPath: worker), "\(worker) is not built")
        let shown = try await Subprocess.run(
            .path(FilePath(tool)), arguments: ["library", "show"], output: .string(limit: 1 << 24), error: .discarded)
        let text = shown.standardOutput
        let found = text.firstMatch(of: /local PROTOCOL, REVISION, PINNED = (\d+), (\d+), 0\n/)
        let (_, version, revision) = try #require(found, "\(tool) does not show its library").output
        try #require(Int(version) == FunctionLibrary.protocolVersion, "\(tool) has protocol \(version)")
        let number = try #require(Int(revision))
        try #require(number < FunctionLibrary.revision, "\(tool) has revision \(number), which is not an earlier one")
        // The path of the worker of this build, which comes next, is dropped.
        let starter = ["/bin/sh", "-c", #"worker=$0; shift; exec "$worker" "$@""#, worker]
        return EarlierBuild(revision: number, starter: starter, loader: .tool(path: tool, text: text))
    }

    /// Puts its library on the server, in the place of any other; pinned as `sluice library load --pin` of this build does.
    func load(_ load: Load, pinned: Bool) async throws {
        switch loader {
        case .byHand(let library): try await replace(by: library.text(pinned: pinned), load)
        case .tool(_, let text) where !pinned: try await replace(by: text, load)
        case .tool(let path, _):
            let ended = try await Subprocess.run(
                .path(FilePath(path)), arguments: ["--redis", load.server.url, "library", "load", "--pin"], output: .discarded,
                error: .discarded)
            #expect(ended.terminationStatus.isSuccess)
        }
    }

    private func replace(by text: String, _ load: Load) async throws {
        try await load.queues.store.run(["FUNCTION", "LOAD", "REPLACE", text], node: nil)
    }
}
