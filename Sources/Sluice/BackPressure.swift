/// What a client does when a queue is at its depth limit, ``Limit/depth(_:)``.
public enum BackPressure: Sendable, Hashable {
    /// Throws `queueFull`, with ``SluiceError/retryAfter``.
    case refuse
    /// Retries the rejected jobs at the queue's pace. Each call to Redis waits up to this time, and then throws `queueFull`.
    /// Enqueueing many jobs, or a stream, pauses meanwhile. Cancelling the task does not end the wait, since the same call may
    /// carry jobs of other tasks.
    case wait(upTo: Duration)
}
