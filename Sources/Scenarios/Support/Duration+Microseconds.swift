extension Duration {
    /// Whole microseconds.
    package var microseconds: Int { Int(components.seconds) * 1_000_000 + Int(components.attoseconds / 1_000_000_000_000) }

    /// Seconds, for people.
    package var brief: String { "\(Double(microseconds / 10_000) / 100) s" }
}
