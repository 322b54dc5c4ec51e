/// Waits for what other processes do.
package enum Waiting {
    /// Looks again and again until something is so.
    /// - Throws: `Unusable` when that takes longer than `limit`.
    package static func until(
        _ what: String, every pause: Duration = .milliseconds(20), within limit: Duration = .seconds(900),
        _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while try await !condition() {
            if ContinuousClock.now > end { throw Unusable("waited in vain until \(what)") }
            try await Task.sleep(for: pause)
        }
    }
}
