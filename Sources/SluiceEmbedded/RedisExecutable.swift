import Foundation
import Subprocess
import SystemPackage

/// An installed server that is new enough for functions.
package struct RedisExecutable: Sendable, Equatable {
    /// Absolute path of `redis-server` or `valkey-server`.
    package let path: String
    /// The version as the server prints it, such as `7.0.15`.
    package let version: String

    /// The command-line client that came with the server, or the one found by name.
    package var clientPath: String {
        let server = URL(fileURLWithPath: path)
        let name = server.lastPathComponent.replacing("-server", with: "-cli")
        let beside = server.deletingLastPathComponent().appendingPathComponent(name).path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : name
    }

    /// Searches for `redis-server`, then for `valkey-server`, in the directories of `searchPath`.
    ///
    /// - Parameter searchPath: Directories separated by colons; `PATH` when nil.
    /// - Throws: `EmbeddedRedisError.notInstalled`, or `.tooOld` if every server found is older than Redis 7.
    package static func find(searchPath: String? = nil) async throws -> RedisExecutable {
        let directories = (searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        var tooOld: EmbeddedRedisError?
        for name in ["redis-server", "valkey-server"] {
            for path in directories.map({ "\($0)/\(name)" }) where FileManager.default.isExecutableFile(atPath: path) {
                let version = try await version(of: path)
                if isRecent(version) { return RedisExecutable(path: path, version: version) }
                tooOld = tooOld ?? .tooOld(executable: path, version: version)
            }
        }
        throw tooOld ?? .notInstalled
    }

    /// The number in `Redis server v=7.0.15 sha=… bits=64`.
    static func version(inBanner banner: String) -> String {
        let word = banner.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("v=") }
        return word.map { String($0.dropFirst(2)) } ?? "unknown"
    }

    static func isRecent(_ version: String) -> Bool {
        (version.split(separator: ".").first.flatMap { Int($0) } ?? 0) >= 7
    }

    private static func version(of path: String) async throws -> String {
        let result = try await run(
            .path(FilePath(path)), arguments: ["--version"], output: .string(limit: 4096), error: .discarded)
        return version(inBanner: result.standardOutput)
    }
}
