import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds the program of a command once, so that a mistake shows when the worker starts, not with each job.
enum ProgramSearch {
    /// The path of an executable file: `name` itself if it has a slash, else the first of that name in `path`.
    /// - Throws: `invalidArgument` if there is none.
    static func find(_ name: String, in path: String) throws(SluiceError) -> String {
        if name.contains("/") {
            if isExecutable(name) { return name }
            let reason = access(name, F_OK) == 0 ? "is not an executable file" : "does not exist"
            throw SluiceError(.invalidArgument, "'\(name)' \(reason)")
        }
        for directory in path.split(separator: ":", omittingEmptySubsequences: true) {
            let candidate = "\(directory)/\(name)"
            if isExecutable(candidate) { return candidate }
        }
        throw SluiceError(.invalidArgument, "command not found: '\(name)' is in no directory of $PATH")
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}
