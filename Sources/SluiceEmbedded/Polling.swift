/// Waiting for what another process does, where the system offers nothing to wait on.
enum Polling {
    /// Asks every few milliseconds until the condition holds.
    ///
    /// - Returns: Whether it held before `limit` had passed. Throws when the condition does, or on cancellation.
    static func wait(
        upTo limit: Duration,
        every interval: Duration = .milliseconds(5),
        until condition: () async throws -> Bool
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: interval)
        }
        return true
    }
}
