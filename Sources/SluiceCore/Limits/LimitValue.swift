/// The value of a limit. Periods are in ms.
package enum LimitValue: Hashable, Sendable, CustomStringConvertible {
    case concurrency(Int)
    /// `allowance` starts in any window of the period, widened by the guard: 3 % of the period by default.
    case rate(allowance: Int, period: Int, guard: Int?)
    /// Opens after `failures` failures within a time, and then cools for another.
    case breaker(failures: Int, within: Int, cools: Int)
    case weight(Int)
    /// Jobs that may wait to run.
    case depth(Int)
    /// No limit; only for overrides.
    case none

    /// Parses the canonical text for a kind of limit: `12`, `40/10000`, `5/30000/20000`, `none`.
    /// - Throws: `invalidArgument` for any other text, and for numbers out of bounds.
    package init(canonical text: String, of kind: LimitName.Kind) throws(SluiceError) {
        try self.init(text, kind) { Int($0) }
    }

    /// Parses a value as people write it: `12`, `40/10s`, `5/30s/20s`, `none`.
    /// - Throws: `invalidArgument` for any other text. The message says what would be right.
    package init(parsing text: String, of kind: LimitName.Kind) throws(SluiceError) {
        try self.init(text, kind) { (try? DurationText.parse($0))?.milliseconds }
    }

    private init(_ text: String, _ kind: LimitName.Kind, period: (String) -> Int?) throws(SluiceError) {
        if text == "none" {
            self = .none
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let numbers = parts.enumerated().map { index, part in index == 0 ? Int(part) : period(part) }
        switch (kind, numbers.count) {
        case (.concurrency, 1): self = .concurrency(try Self.number(numbers[0], 1_000_000, kind, text))
        case (.depth, 1): self = .depth(try Self.number(numbers[0], 1_000_000_000, kind, text))
        case (.weight, 1): self = .weight(try Self.number(numbers[0], 1000, kind, text))
        case (.rate, 2...3):
            self = .rate(
                allowance: try Self.number(numbers[0], 1_000_000_000, kind, text),
                period: try Self.period(numbers[1], kind, text),
                guard: numbers.count == 3 ? try Self.period(numbers[2], kind, text) : nil)
        case (.breaker, 3):
            self = .breaker(
                failures: try Self.number(numbers[0], 1000, kind, text),
                within: try Self.period(numbers[1], kind, text), cools: try Self.period(numbers[2], kind, text))
        case (.concurrency, _), (.weight, _), (.depth, _), (.rate, _), (.breaker, _): throw Self.refusal(kind, text)
        }
    }

    private static func number(
        _ number: Int?, _ most: Int, _ kind: LimitName.Kind, _ text: String
    ) throws(SluiceError) -> Int {
        guard let number else { throw refusal(kind, text) }
        guard (1...most).contains(number) else {
            throw SluiceError(.invalidArgument, "a \(kind.rawValue) limit is 1 to \(most), not \(number)")
        }
        return number
    }

    private static let longestPeriod = 31 * 86_400_000

    private static func period(_ period: Int?, _ kind: LimitName.Kind, _ text: String) throws(SluiceError) -> Int {
        guard let period else { throw refusal(kind, text) }
        guard (1...longestPeriod).contains(period) else {
            throw SluiceError(
                .invalidArgument, "the periods of a \(kind.rawValue) limit are 1 ms to 31 days: '\(text.prefix(80))'")
        }
        return period
    }

    private static func refusal(_ kind: LimitName.Kind, _ text: String) -> SluiceError {
        let right =
            switch kind {
            case .concurrency: "a number, such as 12"
            case .rate: "ALLOWANCE/PERIOD, such as 300/1s"
            case .breaker: "FAILURES/WITHIN/COOLS, such as 5/30s/20s"
            case .weight: "a number, such as 4"
            case .depth: "a number, such as 100000"
            }
        return SluiceError(.invalidArgument, "'\(text.prefix(80))' is no \(kind.rawValue) limit: write \(right)")
    }

    /// The canonical text.
    package var text: String {
        switch self {
        case .concurrency(let number), .weight(let number), .depth(let number): "\(number)"
        case .rate(let allowance, let period, let slack): "\(allowance)/\(period)" + (slack.map { "/\($0)" } ?? "")
        case .breaker(let failures, let within, let cools): "\(failures)/\(within)/\(cools)"
        case .none: "none"
        }
    }

    /// The canonical text.
    package var description: String { text }
}
