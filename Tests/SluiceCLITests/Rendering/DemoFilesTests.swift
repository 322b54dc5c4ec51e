import Foundation
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// Which files the demo finds, and what it makes of them.
struct DemoFilesTests {
    @Test(arguments: [
        [UInt8]("/a b/c.txt".utf8), Array("/ümläut/€".utf8), [0x2F, 0xFF, 0x00, 0x25, 0x0A, 0x7F, 0x80], [],
    ])
    func anyPathSurvivesAsText(_ path: [UInt8]) {
        let text = PathText.encode(path)
        #expect(PathText.decode(text) == path)
        #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test func pathTextIsReadable() {
        #expect(PathText.encode(Array("/usr/share/doc/a b%".utf8)) == "/usr/share/doc/a b%25")
        for text in ["%", "%a", "%zz", "a%f"] { #expect(PathText.decode(text) == nil) }
    }

    @Test func onlyRegularFilesInOrder() throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        let scan = try FileScan(tree.path, limit: 100)
        let names = scan.files.map { PathText.encode(Array($0.path.dropFirst(tree.path.utf8.count + 1))) }
        #expect(names == ["deep/er/file", "empty", "many", "not utf8 %FF", "with a space"])
        #expect(scan.bytes == 300_000 + 3)
        #expect(try FileScan(tree.path, limit: 2).files == Array(scan.files.prefix(2)))
        #expect(try FileScan(tree.path + "/empty", limit: 9).files == [scan.files[1]])
        #expect(try FileScan(tree.path + "/link-to-directory", limit: 9).files == [scan.files[0]])
        #expect(throws: Failure.self) { try FileScan(tree.path + "/nothing", limit: 9) }
    }

    @Test func digestsAreThoseOfTheStandard() throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        // FIPS 180-4, and `sha256sum`.
        #expect(
            try FileDigest(of: Array((tree.path + "/empty").utf8)).sha256
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            try FileDigest(of: Array((tree.path + "/with a space").utf8)).sha256
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            try FileDigest(of: Array((tree.path + "/many").utf8)).sha256
                == "29927e273accc68286005017f7fa6e4f27bddb4db3083ff8b8d4c3667905b7fa")
        for name in ["", "/nothing", "/link-to-file", "/fifo"] {
            #expect(throws: FileDigest.Unreadable.self) { try FileDigest(of: Array((tree.path + name).utf8)) }
        }
    }

    @Test func aFileThatChangesIsAnother() throws {
        let tree = try DemoTree()
        defer { tree.remove() }
        let path = Array((tree.path + "/with a space").utf8)
        let before = try FileDigest(of: path)
        #expect(try FileDigest(of: path) == before)
        try Data("abd".utf8).write(to: URL(fileURLWithPath: tree.path + "/with a space"))
        let after = try FileDigest(of: path)
        #expect(after.stamp != before.stamp)
        #expect(after.sha256 != before.sha256)
    }
}
