import NIOCore

/// A command in flight: its completion and its deadline.
struct PendingCall: Sendable {
    typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

    /// Set for cancellable calls, else 0.
    var id: UInt64 = 0
    let timeout: Duration
    let deadline: NIODeadline
    let completion: Completion

    /// - Parameter deadline: Its end, if the timeout began before now.
    init(timeout: Duration, deadline: NIODeadline? = nil, completion: @escaping Completion) {
        self.timeout = timeout
        self.completion = completion
        self.deadline = deadline ?? .now() + TimeAmount(limiting: timeout)
    }

    func fail(_ error: RedisError) {
        completion(.failure(error))
    }
}

extension TimeAmount {
    /// A duration in NIO's unit, at most a year: NIO's deadlines must not overflow.
    init(limiting duration: Duration) {
        self.init(min(max(duration, .zero), .seconds(365 * 86_400)))
    }
}
