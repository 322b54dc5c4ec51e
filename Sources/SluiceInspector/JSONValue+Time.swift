package import SluiceCore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension JSONValue {
    /// A time as text, `2026-11-22T00:17:31.123Z`, or null.
    package init(time: Date?) { self.init(time?.rfc3339) }

    /// A duration in whole ms, or null.
    package init(duration: Duration?) { self.init(duration?.milliseconds) }
}

extension Date {
    /// The time in UTC with ms, in RFC 3339 format. Texts of the same length sort by time.
    package var rfc3339: String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        let fraction = "\(1000 + abs(rest))".dropFirst()
        return "\(text.dropLast()).\(fraction)Z"
    }
}
