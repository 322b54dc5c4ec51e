extension Duration {
    /// The duration in seconds, as a fraction.
    package var seconds: Double {
        let (whole, atto) = components
        return Double(whole) + Double(atto) * 1e-18
    }

    /// Whole milliseconds, rounded up, so that a wait is never cut short; within what the server takes.
    package var milliseconds: Int {
        let value = (seconds * 1000).rounded(.up)
        return Int(min(max(value, 0), 1e14))
    }

    /// A duration of a fraction of seconds; what is no number counts as none.
    package static func fractional(_ seconds: Double) -> Duration {
        guard seconds.isFinite else { return .zero }
        return .nanoseconds(Int64(min(max(seconds * 1e9, -9e18), 9e18)))
    }
}
