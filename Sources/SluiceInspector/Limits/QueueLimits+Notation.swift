extension QueueLimits.Setting {
    /// The value in the notation of the command line: `12`, `40/10s`, `5/30s/20s`.
    package var notation: String {
        let kind = name.prefix { $0 != "/" }
        let numbers = value.split(separator: "/").compactMap { Int($0) }
        switch (kind, numbers.count) {
        case ("rate", 2): return "\(numbers[0])/\(Self.span(numbers[1]))"
        case ("rate", 3):
            // 3 % is the default guard of a rate.
            let isUsual = abs(numbers[2] - numbers[1] * 3 / 100) <= 1
            return "\(numbers[0])/\(Self.span(numbers[1]))" + (isUsual ? "" : "/\(Self.span(numbers[2]))")
        case ("breaker", 3): return "\(numbers[0])/\(Self.span(numbers[1]))/\(Self.span(numbers[2]))"
        default: return value
        }
    }

    /// An exact duration, in the largest unit that fits.
    private static func span(_ milliseconds: Int) -> String {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")]
        for (size, name) in units where milliseconds > 0 && milliseconds.isMultiple(of: size) {
            return "\(milliseconds / size)\(name)"
        }
        return "\(milliseconds)ms"
    }
}
