#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension Date {
    /// The moment so many ms after 1970 began, which is how the server tells time.
    package init(milliseconds: Int) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// Whole ms since 1970.
    package var milliseconds: Int {
        let value = (timeIntervalSince1970 * 1000).rounded()
        return Int(min(max(value, -1e15), 1e15))
    }

    /// How long ago it was at another moment; negative if it lay ahead.
    package func age(at moment: Date) -> Duration { .milliseconds(moment.milliseconds - milliseconds) }
}
