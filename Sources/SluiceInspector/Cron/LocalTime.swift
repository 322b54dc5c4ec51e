#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A time by the clocks of a zone.
package enum LocalTime {
    /// Such as `Mon 2026-11-23 07:00:00 +01:00`.
    package static func text(_ date: Date, in zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: date)
        let shifted = date.addingTimeInterval(Double(offset))
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let day = Int((shifted.timeIntervalSince1970 / 86_400).rounded(.down))
        let minutes = abs(offset) / 60
        let clock = shifted.rfc3339.prefix(19).replacing("T", with: " ")
        return "\(days[(day % 7 + 7) % 7]) \(clock) \(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
