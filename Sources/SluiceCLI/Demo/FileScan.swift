import SluiceCore
import SluiceToolSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The regular files under a path, sorted by name. Symbolic links are not followed, except for the path itself.
struct FileScan: Sendable {
    struct File: Sendable, Equatable {
        var path: [UInt8]
        var stamp: FileDigest.Stamp
    }

    private(set) var files: [File] = []
    /// The number of files and directories that this process may not read.
    private(set) var unreadable = 0

    /// Finds at most `limit` files.
    /// - Throws: `Failure` if the path does not exist.
    init(_ root: String, limit: Int) throws {
        guard let resolved = realpath(root, nil) else {
            throw Failure("cannot look into \(root): \(String(cString: strerror(errno)))", status: .usage)
        }
        defer { free(resolved) }
        var pending = [Array(UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map { UInt8(bitPattern: $0) })]
        while files.count < limit, let path = pending.popLast() {
            switch Self.kind(of: path) {
            case .file: add(path)
            case .directory: pending += children(of: path).reversed()
            case .other: break
            }
        }
    }

    /// The total size of the files.
    var bytes: Int { files.reduce(0) { $0 + $1.stamp.size } }

    private mutating func add(_ path: [UInt8]) {
        do {
            files.append(File(path: path, stamp: try FileDigest.stamp(of: path)))
        } catch {
            unreadable += 1
        }
    }

    private enum Kind { case file, directory, other }

    private static func kind(of path: [UInt8]) -> Kind {
        var status = stat()
        guard lstat(PathText.terminated(path), &status) == 0 else { return .other }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        default: .other
        }
    }

    /// The entries of a directory, sorted.
    private mutating func children(of directory: [UInt8]) -> [[UInt8]] {
        guard let stream = opendir(PathText.terminated(directory)) else {
            unreadable += 1
            return []
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        let base = directory.last == UInt8(ascii: "/") ? directory : directory + [UInt8(ascii: "/")]
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { base + $0 }
    }
}
