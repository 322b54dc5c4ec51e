import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory that no other user can change.
enum PrivateDirectory {
    /// Makes the directory, mode 0700, and the missing ones above it.
    ///
    /// One that exists is narrowed to 0700 when it is empty or holds `marker`, so is ours alone. One that holds other
    /// things keeps its mode, and is refused when others could replace files in it: `SLUICE_HOME=/tmp` must not shut /tmp.
    static func prepare(_ path: String, marker: String) throws {
        try makeDirectory(path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_uid == geteuid() else { throw refusal(path, "it belongs to another user") }
        guard status.st_mode & 0o077 != 0 else { return }
        let entries = try FileManager.default.contentsOfDirectory(atPath: path)
        if entries.isEmpty || entries.contains(marker) {
            guard chmod(path, 0o700) == 0 else { throw failure(path) }
        } else if status.st_mode & 0o022 != 0 {
            throw refusal(path, "other users can write to it; set SLUICE_HOME to a directory of its own")
        }
    }

    private static func makeDirectory(_ path: String) throws {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        } catch {
            throw refusal(path, "\(parent.path) cannot be made")
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
