import Foundation

@testable import SluiceCLI

/// A small tree of files of all sorts, that anybody may read but for what nobody may.
struct DemoTree {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-tree-XXXXXX".utf8CString)
        guard let directory = mkdtemp(&template).map({ String(cString: $0) }) else { throw CocoaError(.fileWriteUnknown) }
        // As FileScan gives paths, with links on the way resolved.
        guard let resolved = realpath(directory, nil) else { throw CocoaError(.fileReadUnknown) }
        path = String(cString: resolved)
        free(resolved)
        chmod(path, 0o755)
        let files = FileManager.default
        try files.createDirectory(atPath: path + "/deep/er", withIntermediateDirectories: true)
        try write("deep/er/file", [])
        try write("empty", [])
        try write("many", Array(repeating: 0x78, count: 300_000))
        try write("with a space", Array("abc".utf8))
        try files.createSymbolicLink(atPath: path + "/link-to-file", withDestinationPath: path + "/many")
        try files.createSymbolicLink(atPath: path + "/link-to-directory", withDestinationPath: path + "/deep")
        mkfifo(path + "/fifo", 0o644)
        let odd = Array((path + "/not utf8 ").utf8) + [0xFF]
        close(open(PathText.terminated(odd), O_CREAT | O_WRONLY, 0o644))
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// Adds a file and a directory that nobody but root may read.
    func addUnreadable() throws {
        try write("secret", [1])
        chmod(path + "/secret", 0)
        try FileManager.default.createDirectory(atPath: path + "/hidden", withIntermediateDirectories: false)
        chmod(path + "/hidden", 0)
    }

    func remove() {
        unlink(PathText.terminated(Array((path + "/not utf8 ").utf8) + [0xFF]))
        try? FileManager.default.removeItem(atPath: path)
    }
}
