import Foundation
import Testing

@testable import SluiceEmbedded

struct PrivateDirectoryTests {
    @Test func anEmptyDirectoryIsNarrowed() throws {
        try withDirectory(mode: 0o755) { path in
            try PrivateDirectory.prepare(path, marker: "m")
            #expect(try mode(path) == 0o700)
        }
    }

    @Test func oursIsNarrowedAgain() throws {
        try withDirectory(mode: 0o777, holding: "m") { path in
            try PrivateDirectory.prepare(path, marker: "m")
            #expect(try mode(path) == 0o700)
        }
    }

    @Test func aDirectoryOfOthersIsLeftAlone() throws {
        try withDirectory(mode: 0o755, holding: "stranger") { path in
            try PrivateDirectory.prepare(path, marker: "m")
            #expect(try mode(path) == 0o755)
        }
        try withDirectory(mode: 0o1777, holding: "stranger") { path in
            #expect(throws: EmbeddedRedisError.self) { try PrivateDirectory.prepare(path, marker: "m") }
            let kept = try mode(path)
            #expect(kept == 0o1777)
        }
    }

    @Test func aFileIsNoDirectory() throws {
        try withDirectory(mode: 0o700, holding: "file") { path in
            #expect(throws: EmbeddedRedisError.self) { try PrivateDirectory.prepare(path + "/file/below", marker: "m") }
        }
    }

    @Test func aFileInItsPlaceIsNamed() throws {
        try withDirectory(mode: 0o700, holding: "file") { path in
            let error = #expect(throws: EmbeddedRedisError.self) {
                try PrivateDirectory.prepare(path + "/file", marker: "redis.lock")
            }
            #expect(error?.description.hasSuffix("it is a file, not a directory") == true)
        }
    }

    /// What another user could have put there while the directory was open to all.
    @Test(arguments: ["ln -s /etc/passwd redis.log", "echo >x; ln x redis.lock", "ln -s x redis.sock"])
    func aLinkThatIsPlantedWhereOthersCanWriteIsRefused(_ plant: String) throws {
        try withDirectory(mode: 0o777, holding: "redis.lock") { path in
            try shell("cd '\(path)' && rm redis.lock && \(plant); [ -e redis.lock ] || echo >redis.lock")
            #expect(throws: EmbeddedRedisError.self) { try PrivateDirectory.check(path, marker: "redis.lock") }
            #expect(throws: EmbeddedRedisError.self) { try PrivateDirectory.prepare(path, marker: "redis.lock") }
            #expect(try mode(path) == 0o777, "nothing is changed in a directory that is refused")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a file of another user"), arguments: ["redis.lock", "redis.sock"])
    func aFileOfAnotherUserIsNotBelieved(_ name: String) throws {
        for open in [0o777, 0o700] {
            try withDirectory(mode: open, holding: "redis.lock") { path in
                try shell("cd '\(path)' && touch \(name) && chown 65534 \(name)")
                let error = #expect(throws: EmbeddedRedisError.self) { try PrivateDirectory.check(path, marker: "redis.lock") }
                #expect(error?.description.contains("\(name) in it belongs to another user") == true)
            }
        }
    }

    private func shell(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        try process.run()
        process.waitUntilExit()
    }

    private func withDirectory(mode: Int, holding name: String? = nil, _ body: (String) throws -> Void) throws {
        let path = try PrivateRedis.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: path) }
        if let name { try Data().write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        try body(path)
    }
}
