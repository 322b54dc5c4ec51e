package import Logging
package import NIOCore
import NIOPosix

/// One logical connection to a Redis server, or to the primary that sentinels name. It connects at the first use, pipelines all
/// calls in order, and reconnects.
///
/// A command is sent once. If the connection breaks, the calls in flight fail with an error whose `isOutcomeUnknown` is true; the
/// caller decides whether to repeat them. The next call reconnects. If an attempt to connect fails, all calls that wait for it
/// fail at once with its reason; later ones wait for the next attempt, after a pause of 50 ms that doubles up to 2 s. Calls may
/// come from any thread.
///
/// A server that answers that it is a replica was demoted, or is not the one that is meant. Its calls in flight get their replies;
/// later ones go over a new connection, to the primary that the name or the sentinels then lead to. Of a cluster, a client
/// speaks to one node.
///
/// Releasing the client closes its connection.
package final class RedisClient: Sendable {
    /// Runs on each new connection before its use. It rejects the connection by throwing.
    package typealias ConnectionCheck = @Sendable (RedisSession) async throws(RedisError) -> Void

    /// How much longer than its blocking time a blocking command may take.
    private static let blockingGrace = Duration.seconds(5)

    private let configuration: RedisConfiguration
    private let eventLoop: any EventLoop
    private let mailbox = ClientMailbox()
    private let driver: NIOLoopBoundBox<ClientDriver>

    package init(
        _ configuration: RedisConfiguration,
        eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
        logger: Logger = Logger(label: "sluice.redis"),
        onConnect check: ConnectionCheck? = nil
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        let connector = Connector(configuration: configuration, eventLoop: eventLoop, check: check, logger: logger)
        driver = .makeBoxSendingValue(
            ClientDriver(connector: connector, mailbox: mailbox, logger: logger), eventLoop: eventLoop)
    }

    deinit {
        eventLoop.execute { [driver] in _ = driver.value.close() }
    }

    /// The number of connections made so far. A higher number than before means that one was lost meanwhile.
    package var connections: Int { mailbox.connections }

    /// The server of the last connection, and who named it; before there is one, where it is looked for.
    package var place: String { mailbox.place ?? configuration.place }

    /// The server of the last connection; nil if there was none.
    package var endpoint: RedisEndpoint? { mailbox.endpoint }

    /// Sends a command and waits for its reply; `timeout` replaces the configuration's `commandTimeout`.
    ///
    /// Cancelling the task has no effect, since dropping the reply of a claim would strand its jobs.
    /// - Throws: `.server` for an error reply; an error inside an array is a value of the reply.
    package func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(RedisError) -> RedisReply {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<RedisReply, RedisError>, Never>) in
            send(command, timeout: timeout) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends a command. `completion` is called once: on the event loop, where it must not block, or at once on this thread if the
    /// command cannot be sent.
    package func send(
        _ command: RedisCommand, timeout: Duration?,
        completion: @escaping @Sendable (Result<RedisReply, RedisError>) -> Void
    ) {
        post(command, PendingCall(timeout: timeout ?? configuration.commandTimeout, completion: completion))
    }

    /// Sends commands without others between them, over one connection, and waits for all results, in the order of the commands.
    ///
    /// - Parameter timeout: the limit for each command, in place of the configuration's `commandTimeout`.
    /// - Throws: Only if none of them was sent. Each result holds the error of its own command.
    package func pipeline(
        _ commands: [RedisCommand], timeout: Duration? = nil
    ) async throws(RedisError) -> [Result<RedisReply, RedisError>] {
        guard !commands.isEmpty else { return [] }
        let encoded = try commands.map { command throws(RedisError) in try EncodedCommand(command) }
        let results = await withCheckedContinuation { continuation in
            let collector = PipelineCollector(count: commands.count) { continuation.resume(returning: $0) }
            post(encoded, timeout ?? configuration.commandTimeout, collector)
        }
        if case .failure(let error)? = results.first {
            switch error {
            case .unreachable, .refused, .closed: throw error
            case .lost, .timedOut, .protocolViolation, .server: break
            }
        }
        return results
    }

    /// Sends a command that blocks on the server, such as BLPOP, for at most `blockFor`. Use a separate client for it.
    ///
    /// The call fails 5 s after the command should have returned. Cancelling the task throws `.closed` at once and closes the
    /// connection: it is then unknown whether the command took something. The next call reconnects.
    package func sendBlocking(_ command: RedisCommand, blockFor: Duration) async throws(RedisError) -> RedisReply {
        let id = UInt64.random(in: 1...UInt64.max)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<RedisReply, RedisError>, Never>) in
                var call = PendingCall(timeout: blockFor + Self.blockingGrace) { continuation.resume(returning: $0) }
                call.id = id
                post(command, call)
                // If the task was cancelled before the call was posted, the handler below did not find the call.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
        return try result.get()
    }

    /// Closes the connection. Calls not yet sent fail with `.closed`, those in flight with `.lost`, later ones with `.closed`.
    package func close() async {
        mailbox.close()
        let closed = eventLoop.flatSubmit { [driver] in driver.value.close() }
        // Fails only if the event loop has been shut down, and with it the connection.
        try? await closed.get()
    }

    /// Closes as ``close()`` does, without waiting for the socket.
    func hangUp() {
        mailbox.close()
        eventLoop.execute { [driver] in _ = driver.value.close() }
    }

    private func post(_ command: RedisCommand, _ call: PendingCall) {
        do throws(RedisError) {
            post(CollectionOfOne(EncodedCall(try EncodedCommand(command), call)))
        } catch {
            call.fail(error)
        }
    }

    private func post(_ commands: [EncodedCommand], _ timeout: Duration, _ collector: PipelineCollector) {
        post(
            commands.enumerated().map { index, command in
                EncodedCall(command, PendingCall(timeout: timeout) { collector.set(index, $0) })
            })
    }

    private func post(_ calls: some Collection<EncodedCall>) {
        switch mailbox.post(calls) {
        case .wake: eventLoop.execute { [driver] in driver.value.takeMail() }
        case .gathered: break
        case .closed:
            for encoded in calls { encoded.call.fail(.closed) }
        }
    }

    private func cancel(_ id: UInt64) {
        eventLoop.execute { [driver] in driver.value.cancel(id: id) }
    }
}
