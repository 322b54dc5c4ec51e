import Foundation
import SecretFiles
import Testing

/// Files that hold secrets: what is read, what is refused, what brings a warning.
struct SecretFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func file(_ name: String, mode: Int, _ bytes: [UInt8] = Array("secret".utf8)) -> String {
        let path = folder.appending(path: name).path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: mode]))
        return path
    }

    @Test func aFileIsReadThroughTheLinksOfAMount() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        // As Kubernetes mounts secrets.
        try FileManager.default.createDirectory(at: folder.appending(path: "..2026"), withIntermediateDirectories: true)
        _ = file("..2026/keys.json", mode: 0o400)
        let links = [("..data", "..2026"), ("keys.json", "..data/keys.json")]
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(atPath: folder.appending(path: name).path, withDestinationPath: target)
        }
        let read = try SecretFile(folder.appending(path: "keys.json").path, of: "keys")
        #expect(read.text == "secret" && read.warning == nil)
    }

    @Test(arguments: [0o600, 0o400, 0o700]) func anOwnersOwnFileIsReadWithoutAWord(mode: Int) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let read = try SecretFile(file("a", mode: mode), of: "keys")
        #expect(read.text == "secret" && read.warning == nil)
    }

    @Test(arguments: [0o644, 0o440, 0o604]) func aFileThatOthersCanReadBringsAWarning(mode: Int) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let read = try SecretFile(file("a", mode: mode), of: "keys")
        #expect(read.text == "secret" && read.warning?.contains("can be read by others: chmod 600") == true)
    }

    @Test func aFileThatOthersWillReadLaterIsOnlyLookedAt() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let read = file("a", mode: 0o644)
        #expect(SecretFile.warning(read, of: "keys")?.contains("the file of keys '\(read)' can be read by others") == true)
        #expect(SecretFile.warning(file("b", mode: 0o600), of: "keys") == nil)
        let pipe = folder.appending(path: "pipe").path
        #expect(mkfifo(pipe, 0o644) == 0)
        #expect(SecretFile.warning(pipe, of: "keys") == nil)
        #expect(SecretFile.warning("/nonexistent", of: "keys") == nil)
    }

    @Test func whatOthersMayChangeOrIsNoTextIsRefusedAndNotRepeated() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, why) in [
            (file("a", mode: 0o620), "can be changed by others"), (file("b", mode: 0o602), "can be changed by others"),
            (file("c", mode: 0o600, [0xFF]), "as text: line 1 is not UTF-8"),
            (file("e", mode: 0o600, [0x61, 0x0A, 0xC3, 0xBC, 0x0A, 0xC3, 0x0A]), "as text: line 3 is not UTF-8"),
            (file("d", mode: 0o600, [UInt8](repeating: 65, count: 1 << 21)), "1 MiB"),
            (folder.path, "is no file"), ("/nonexistent/keys", "cannot be read: No such file"), ("/dev/null", "is no file"),
        ] {
            let error = #expect(throws: SecretFileRefused.self) { try SecretFile(path, of: "keys") }
            #expect(error?.description.contains(why) == true, "\(error?.description ?? "")")
            let text = error?.description ?? ""
            #expect(text.contains("the file of keys '\(path)'") && !text.contains("secret "))
        }
    }
}
