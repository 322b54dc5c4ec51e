import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory that no other user can change, without files of other users.
///
/// Another user who can put a lock, a socket or a symbolic link under one of our names could impersonate our Redis, or redirect
/// our writes.
enum PrivateDirectory {
    /// The names that have a meaning there.
    private static let names = [
        "redis.lock", "redis.sock", "redis.pid", "redis.log", "redis.conf", "appendonlydir", "dump.rdb", "nodes.conf",
        "cluster.json", "cluster.lock",
    ]

    /// Creates the directory with mode 0700, and missing parents.
    ///
    /// An existing directory gets mode 0700 if it is empty, or if it holds `marker` and nothing that may belong to another user:
    /// then it is ours alone. One that holds other things keeps its mode, and is rejected if others could replace files in it:
    /// `SLUICE_HOME=/tmp` must not close /tmp to others.
    static func prepare(_ path: String, marker: String) throws {
        try makeDirectory(path)
        try check(path, marker: marker, narrowing: true)
    }

    /// Rejects a directory that ``prepare(_:marker:)`` would reject, and changes nothing. A missing one is fine.
    static func check(_ path: String, marker: String) throws { try check(path, marker: marker, narrowing: false) }

    private static func check(_ path: String, marker: String, narrowing: Bool) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT, !narrowing { return }
            throw failure(path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw refusal(path, "it is a file, not a directory") }
        guard status.st_uid == geteuid() else { throw refusal(path, "it belongs to another user") }
        let isOpen = status.st_mode & 0o022 != 0
        try checkContents(path, marker: marker, isOpen: isOpen)
        guard narrowing, status.st_mode & 0o077 != 0 else { return }
        let entries = try list(path)
        guard entries.isEmpty || entries.contains(marker) else { return }
        guard chmod(path, 0o700) == 0 else { throw failure(path) }
        // Finds files put there between the check and the change of mode.
        try checkContents(path, marker: marker, isOpen: isOpen)
    }

    private static func checkContents(_ path: String, marker: String, isOpen: Bool) throws {
        let entries = try list(path)
        if isOpen, !entries.isEmpty, !entries.contains(marker) {
            throw refusal(path, "other users can write to it; set SLUICE_HOME to a directory of its own")
        }
        // If others can write, no file may be theirs, under any name.
        for name in isOpen ? entries : names {
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            let doubt: String? =
                if status.st_uid != geteuid() {
                    "belongs to another user"
                } else if isOpen, kind == S_IFLNK || (kind == S_IFREG && status.st_nlink > 1) {
                    "is a link, and other users can write to the directory"
                } else {
                    nil
                }
            if let doubt { throw refusal(path, "\(name) in it \(doubt): look at it, remove it, and chmod 700 the directory") }
        }
    }

    private static func list(_ path: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw refusal(path, "it cannot be listed")
        }
    }

    private static func makeDirectory(_ path: String) throws {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        } catch {
            throw refusal(path, "\(parent.path) cannot be made, or is no directory")
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
    }

    private static func failure(_ path: String) -> EmbeddedRedisError {
        refusal(path, String(cString: strerror(errno)))
    }

    private static func refusal(_ path: String, _ reason: String) -> EmbeddedRedisError {
        .unusableDirectory(path: path, reason: reason)
    }
}
