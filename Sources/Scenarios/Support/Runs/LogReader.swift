import Foundation

/// Reads what workers write, as it grows.
package struct LogReader {
    package let path: String
    private let handle: FileHandle
    private var rest: [UInt8] = []
    package private(set) var lines: [RunLine] = []

    /// - Parameter path: of a file that is made here if it is not there yet.
    package init(path: String) throws {
        let isThere = FileManager.default.fileExists(atPath: path) || FileManager.default.createFile(atPath: path, contents: nil)
        guard isThere, let handle = FileHandle(forReadingAtPath: path) else { throw Unusable("cannot read \(path)") }
        self.path = path
        self.handle = handle
    }

    /// Takes in what is new.
    package mutating func read() throws {
        guard let data = try handle.readToEnd(), !data.isEmpty else { return }
        rest += data
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let text = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end + 1)
        lines += text.split(separator: "\n").compactMap { RunLine($0) }
    }

    /// The process that runs a job now, if one has said that it does and not that it has ended.
    package func runner(of id: String) -> Int32? {
        var open: [Int: Int32] = [:]
        for line in lines where line.id == id {
            if line.verb == .start { open[line.fence] = line.process }
            if line.verb == .end { open[line.fence] = nil }
        }
        return open.max { $0.key < $1.key }?.value
    }
}
