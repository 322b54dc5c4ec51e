import NIOCore

/// A new connection for the client's `onConnect` check, before any other command can use it.
package struct RedisSession: Sendable {
    let eventLoop: any EventLoop
    let handler: NIOLoopBound<RedisChannelHandler>
    let timeout: Duration
    /// The end of all commands together, if they share the timeout.
    var deadline: NIODeadline?

    /// Sends a command ahead of all waiting ones.
    /// - Throws: The errors of `RedisClient.send`.
    package func send(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<RedisReply, RedisError>, Never>) in
            let call = PendingCall(timeout: timeout, deadline: deadline) { continuation.resume(returning: $0) }
            do throws(RedisError) {
                let encoded = EncodedCall(try EncodedCommand(command), call)
                eventLoop.execute { [handler] in handler.value.send(CollectionOfOne(encoded)) }
            } catch {
                call.fail(error)
            }
        }
        return try result.get()
    }
}
