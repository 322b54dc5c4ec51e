/// What a client does where as many jobs wait in a queue as its limit ``Limit/depth(_:)`` lets.
public enum BackPressure: Sendable, Hashable {
    /// It throws `queueFull`, with ``SluiceError/retryAfter``.
    case refuse
    /// It tries again, as often as the queue's pace makes sensible, for so long in each call to Redis; then it throws `queueFull`. Who
    /// enqueues many, or from a stream, is held up meanwhile; cancelling the task does not end it, since jobs of others may travel in
    /// the same call.
    case wait(upTo: Duration)
}
