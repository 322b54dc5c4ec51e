#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// When a job becomes due.
public enum DueTime: Sendable, Hashable {
    /// As soon as a worker is free.
    case now
    /// After a delay, by the server's clock.
    case after(Duration)
    /// At a moment. A moment in the past means now; one beyond the year 5138 is cut to it.
    case at(Date)
}

extension DueTime {
    /// The last ms since 1970 at which a job can be due, in the year 5138.
    package static let last = 100_000_000_000_000

    /// A moment in ms since 1970, from 0 to ``last``.
    package static func milliseconds(_ date: Date) -> Int {
        Int(min(max((date.timeIntervalSince1970 * 1000).rounded(), 0), Double(last)))
    }
}
