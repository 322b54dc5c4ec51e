import CMemoryFile
import Foundation
import SystemPackage

/// The arguments of a run as the file that its command has as standard input.
///
/// The file is in memory and has no place in the file system. On Linux its name shows in `/proc/PID/fd/0` of each process that has
/// it as standard input, whatever environment the process has: by this name the command is found if its worker dies before it has
/// learned the process id.
final class ExecInput: Sendable {
    let file: FileDescriptor

    /// - Throws: `Errno` if there is no descriptor or no memory.
    init(_ bytes: [UInt8], named name: String) throws {
        let file = try Self.create(name)
        self.file = file
        try file.writeAll(bytes)
        try file.seek(offset: 0, from: .start)
    }

    deinit { try? file.close() }

    private static func create(_ name: String) throws -> FileDescriptor {
        #if os(Linux)
            let descriptor = memory_file_create(name)
            guard descriptor >= 0 else { throw Errno(rawValue: errno) }
            return FileDescriptor(rawValue: descriptor)
        #else
            let path = FilePath(NSTemporaryDirectory()).appending(UUID().uuidString)
            let file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
            unlink(path.string)
            return file
        #endif
    }
}
