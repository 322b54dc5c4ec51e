extension Duration {
    /// The duration in seconds, as a fraction.
    package var seconds: Double {
        let (whole, atto) = components
        return Double(whole) + Double(atto) * 1e-18
    }

    /// Whole milliseconds, rounded up, so that no wait is cut short. Clamped to the range that the server accepts.
    package var milliseconds: Int {
        // Integer arithmetic: a fraction such as 0.03 s is not exact, and would round up to one millisecond more.
        let (whole, atto) = components
        guard whole >= 0, atto >= 0 else { return 0 }
        guard whole < 100_000_000_000 else { return 100_000_000_000_000 }
        return Int(whole * 1000 + (atto + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// A duration from fractional seconds; zero for NaN and infinity.
    package static func fractional(_ seconds: Double) -> Duration {
        guard seconds.isFinite else { return .zero }
        return .nanoseconds(Int64(min(max(seconds * 1e9, -9e18), 9e18)))
    }
}
