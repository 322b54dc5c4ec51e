package import SluiceCore
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The source of ids for this process. There is one, so that ids rise.
package enum IDs {
    private static let source = Mutex(JobIDSource())

    package static func next() -> JobID {
        let now = milliseconds()
        return source.withLock { $0.next(at: now) }
    }

    private static func milliseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
