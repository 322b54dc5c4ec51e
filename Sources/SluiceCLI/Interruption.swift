import UnixSignals

/// Ctrl-C, for work that can stop at a good moment and tell how far it came.
enum Interruption {
    /// Does the work, and cancels it when a signal asks to stop. Returns what it came to, and whether it was cancelled.
    static func heeding<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> (value: Value, isInterrupted: Bool) {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return nil }
                return nil
            }
            defer { group.cancelAll() }
            var isInterrupted = false
            while let next = try await group.next() {
                if let value = next { return (value, isInterrupted) }
                isInterrupted = true
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}
