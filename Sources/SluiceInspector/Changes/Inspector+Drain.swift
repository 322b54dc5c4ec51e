public import SluiceCore
import SluiceStore

extension Inspector {
    /// Waits until a queue has no job in some states. Stops nobody from putting more in, and changes nothing: workers drain it.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - states: What has to be gone. By default what can run without waiting for anything else than its turn or another try.
    ///   - timeout: How long to wait; nil for ever.
    ///   - progress: Called with each look, four times a second.
    /// - Returns: False if it did not come to that in time, or the task was cancelled.
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
