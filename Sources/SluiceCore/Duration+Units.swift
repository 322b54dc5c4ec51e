extension Duration {
    /// The duration in seconds, as a fraction.
    package var seconds: Double {
        let (whole, atto) = components
        return Double(whole) + Double(atto) * 1e-18
    }

    /// Whole milliseconds, rounded up, so that a wait is never cut short; within what the server takes.
    package var milliseconds: Int {
        // In whole numbers: a fraction such as 0.03 s is not exact, and would become a millisecond more.
        let (whole, atto) = components
        guard whole >= 0, atto >= 0 else { return 0 }
        guard whole < 100_000_000_000 else { return 100_000_000_000_000 }
        return Int(whole * 1000 + (atto + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// A duration of a fraction of seconds; what is no number counts as none.
    package static func fractional(_ seconds: Double) -> Duration {
        guard seconds.isFinite else { return .zero }
        return .nanoseconds(Int64(min(max(seconds * 1e9, -9e18), 9e18)))
    }
}
