import Foundation
import Testing

@testable import SluiceEmbedded

struct RedisExecutableTests {
    @Test(arguments: [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=e4a2fcc", "7.0.15", true),
        ("Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1", "8.1.1", true),
        ("Redis server v=6.2.14 sha=00000000:0", "6.2.14", false),
        ("Redis server v=10.0.0 sha=00000000:0", "10.0.0", true),
        ("", "unknown", false),
    ])
    func versions(banner: String, version: String, isRecent: Bool) {
        #expect(RedisExecutable.version(inBanner: banner) == version)
        #expect(RedisExecutable.isRecent(version) == isRecent)
    }

    @Test func anOldRedisIsPassedOverForAValkey() async throws {
        try await withDirectory { directory in
            try await install("redis-server", in: directory, banner: "Redis server v=6.0.16 sha=0")
            await #expect(throws: EmbeddedRedisError.tooOld(executable: "\(directory)/redis-server", version: "6.0.16")) {
                try await RedisExecutable.find(searchPath: directory)
            }
            try await install("valkey-server", in: directory, banner: "Valkey server v=8.0.2 sha=0")
            let found = try await RedisExecutable.find(searchPath: "/nowhere:\(directory)")
            #expect(found == RedisExecutable(path: "\(directory)/valkey-server", version: "8.0.2"))
            #expect(found.clientPath == "valkey-cli")
        }
    }

    private func install(_ name: String, in directory: String, banner: String) async throws {
        // Written by a child: had we the file open ourselves, another test's fork could keep it from being run (ETXTBSY).
        let script = #"printf '#!/bin/sh\necho "%s"\n' "$2" >"$1" && chmod 755 "$1""#
        _ = try await runCommand("sh", ["-c", script, "sh", "\(directory)/\(name)", banner])
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = try PrivateRedis.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }
}
