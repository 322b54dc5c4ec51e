public import SluiceCore
import SluiceStore

extension Inspector {
    /// Waits until a queue has no jobs in some states. It changes nothing and does not block producers: the workers drain the
    /// queue.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - states: The states that have to be empty. The default is every state that runs without waiting for more than a turn or a
    ///     retry.
    ///   - timeout: The time limit; nil for none.
    ///   - progress: Called after each look, four times a second.
    /// - Returns: False at the time limit, or if the task was cancelled.
    /// - Throws: a server error if Redis cannot be used.
    public func drain(
        _ queue: QueueName, of states: Set<JobState> = [.available, .executing, .retryable], timeout: Duration? = nil,
        progress: (QueueStatus) async -> Void = { _ in }
    ) async throws(SluiceError) -> Bool {
        let end = timeout.map { ContinuousClock.now + $0 }
        while true {
            let status = try await status(of: queue)
            await progress(status)
            if states.allSatisfy({ status.states[$0, default: 0] == 0 }) { return true }
            if let end, ContinuousClock.now >= end { return false }
            do {
                try await Task.sleep(for: .milliseconds(250))
            } catch {
                return false
            }
        }
    }
}
