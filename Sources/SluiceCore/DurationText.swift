/// Reads durations such as `500ms`, `5m`, `1.5h` or `1h30m`.
package enum DurationText {
    private static let seconds: [String: Double] = [
        "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800,
    ]

    /// - Throws: `invalidArgument` for any other text, including a number without a unit, and above ten years.
    package static func parse(_ text: String) throws(SluiceError) -> Duration {
        var rest = Substring(text)
        var total = 0.0
        var smallest = Double.infinity
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            // Each unit once, larger ones first, as people write them.
            guard let value = Double(number), let factor = seconds[String(unit)], factor < smallest else { throw refusal(text) }
            smallest = factor
            total += value * factor
        }
        guard smallest.isFinite, total <= 10 * 366 * 86_400 else { throw refusal(text) }
        return .milliseconds(Int((total * 1000).rounded(.up)))
    }

    /// A duration of whole ms as it is read: `1h30m`, `1500ms` as `1s500ms`.
    package static func exact(_ duration: Duration) -> String {
        var rest = duration.milliseconds
        if rest <= 0 { return "0s" }
        var text = ""
        for (size, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] {
            let (count, left) = rest.quotientAndRemainder(dividingBy: size)
            if count > 0 { text += "\(count)\(unit)" }
            rest = left
        }
        return text
    }

    private static func refusal(_ text: String) -> SluiceError {
        SluiceError(
            .invalidArgument, "'\(text.prefix(40))' is no duration: write 500ms, 30s, 5m, 1h30m or 2d, up to ten years")
    }
}
