#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension Date {
    /// Makes a date from ms since 1970, the server's unit of time.
    package init(milliseconds: Int) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// The whole ms since 1970.
    package var milliseconds: Int {
        let value = (timeIntervalSince1970 * 1000).rounded()
        return Int(min(max(value, -1e15), 1e15))
    }

    /// The time from this date to `moment`; negative if this date is later.
    package func age(at moment: Date) -> Duration { .milliseconds(moment.milliseconds - milliseconds) }
}
