#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How many files and connections this process may have open.
enum OpenFiles {
    /// Kept for connections to Redis, logs and files that are read again.
    private static let others = 100

    /// Raises the limit of open files as far as it may be raised and is needed, and returns how many connections fit, at most
    /// `most`. A server that accepts more than fit would try that again and again.
    static func connections(most: Int) -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return most }
        let needed = rlim_t(most + others)
        if limit.rlim_cur < needed, limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = min(needed, limit.rlim_max)
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return max(min(most, Int(clamping: limit.rlim_cur) - others), 10)
    }
}
