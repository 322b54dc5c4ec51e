import Crypto
import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The SHA-256 of a file, read in pieces, and a stamp that shows whether the file has changed since.
struct FileDigest: Sendable, Equatable {
    /// A file that cannot be opened or read, or is not a regular file.
    struct Unreadable: Error, CustomStringConvertible {
        var description: String
    }

    /// The attributes that change when the file is written.
    struct Stamp: Sendable, Equatable {
        var inode: UInt64
        var size: Int
        var modified: [Int]
    }

    /// 64 hexadecimal digits.
    var sha256: String
    var stamp: Stamp

    private static let piece = 1 << 16

    /// Reads the file; fails for a symbolic link.
    init(of path: [UInt8]) throws {
        let file = try Self.open(path)
        defer { close(file) }
        stamp = try Self.stamp(file)
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: Self.piece)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(description: "cannot read it: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        sha256 = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Opens a file briefly to check that this process may read it.
    static func stamp(of path: [UInt8]) throws -> Stamp {
        let file = try open(path)
        defer { close(file) }
        return try stamp(file)
    }

    private static func open(_ path: [UInt8]) throws -> Int32 {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = systemOpen(PathText.terminated(path), flags)
        guard file >= 0 else { throw Unreadable(description: "cannot open it: \(String(cString: strerror(errno)))") }
        return file
    }

    private static func stamp(_ file: Int32) throws -> Stamp {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Unreadable(description: "it is no regular file")
        }
        #if canImport(Darwin)
            let times = [status.st_mtimespec, status.st_ctimespec]
        #else
            let times = [status.st_mtim, status.st_ctim]
        #endif
        return Stamp(
            inode: UInt64(status.st_ino), size: Int(status.st_size),
            modified: times.flatMap { [Int($0.tv_sec), Int($0.tv_nsec)] })
    }
}

// A method of the same name hides the system's function.
private func systemOpen(_ path: [CChar], _ flags: Int32) -> Int32 { open(path, flags) }
