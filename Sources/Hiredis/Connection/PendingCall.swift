import NIOCore

/// A command on its way: what to tell whom, and until when.
struct PendingCall: Sendable {
    typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

    /// Set for calls that can be cancelled, else 0.
    var id: UInt64 = 0
    let timeout: Duration
    let deadline: NIODeadline
    let completion: Completion

    init(timeout: Duration, completion: @escaping Completion) {
        self.timeout = timeout
        self.completion = completion
        deadline = .now() + TimeAmount(limiting: timeout)
    }

    func fail(_ error: RedisError) {
        completion(.failure(error))
    }
}

extension TimeAmount {
    /// A duration as NIO counts it, at most a year: NIO's deadlines must not overflow.
    init(limiting duration: Duration) {
        self.init(min(max(duration, .zero), .seconds(365 * 86_400)))
    }
}
