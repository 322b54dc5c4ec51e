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

    private func withDirectory(mode: Int, holding name: String? = nil, _ body: (String) throws -> Void) throws {
        let path = try PrivateRedis.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: path) }
        if let name { try Data().write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        try body(path)
    }
}
