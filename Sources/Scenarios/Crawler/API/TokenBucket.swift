/// Lets a number of calls through in a second, and the same number at once after a rest.
struct TokenBucket: Sendable {
    private let rate: Double
    private var tokens: Double
    private var last: Int?

    init(_ rate: Int) {
        self.rate = Double(rate)
        tokens = Double(rate)
    }

    /// Takes a token, if there is one.
    /// - Parameter time: in microseconds.
    mutating func take(at time: Int) -> Bool {
        tokens = min(rate, tokens + Double(max(time - (last ?? time), 0)) / 1_000_000 * rate)
        last = time
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
