/// Waits for effects of another process where the system offers no event to wait for.
enum Polling {
    /// Checks every few milliseconds until the condition holds.
    ///
    /// - Returns: Whether it held before `limit` had passed.
    /// - Throws: The error of the condition, or `CancellationError`.
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
