import Logging
import NIOCore

/// Executes the decisions of `ClientStateMachine` on the event loop.
final class ClientDriver {
    private let connector: Connector
    /// Finds the server; nil if its address is known.
    private let sentinels: SentinelDialer?
    private let mailbox: ClientMailbox
    private let logger: Logger
    private let backoff = Backoff()
    private var machine = ClientStateMachine()
    /// Calls that arrived without a connection, in order.
    private var waiting = CircularBuffer<EncodedCall>()
    private var connection: Connection?
    /// Connections to demoted servers, with calls in flight.
    private var retired: [Connection] = []
    private var attemptTimer: Scheduled<Void>?
    private lazy var waitingTimer = DeadlineTimer(eventLoop: connector.eventLoop) { [weak self] in self?.expire() }

    fileprivate struct Connection {
        let handler: RedisChannelHandler
        let channel: any Channel
        let start = NIODeadline.now()
    }

    init(connector: Connector, mailbox: ClientMailbox, logger: Logger) {
        self.connector = connector
        sentinels = SentinelDialer(connector)
        self.mailbox = mailbox
        self.logger = logger
    }

    // MARK: Calls

    func takeMail() {
        let calls = mailbox.takeAll()
        guard !calls.isEmpty else { return }
        switch machine.callsArrived() {
        case .write: write(calls)
        case .wait: hold(calls)
        case .connect(let attempt):
            hold(calls)
            connect(attempt)
        case .refuse:
            for encoded in calls { encoded.call.fail(.closed) }
        }
    }

    /// Ends a cancellable call in any state. If it was written, the connection is closed.
    func cancel(id: UInt64) {
        takeMail()
        if let index = waiting.firstIndex(where: { $0.call.id == id }) {
            waiting.remove(at: index).call.fail(.closed)
        } else {
            for open in [connection].compactMap({ $0 }) + retired { open.handler.cancel(id: id) }
        }
    }

    private func write(_ calls: some Collection<EncodedCall>) {
        guard let connection else {
            for encoded in calls { encoded.call.fail(.unreachable("\(connector.place): the connection is gone")) }
            return
        }
        connection.handler.send(calls)
    }

    private func hold(_ calls: [EncodedCall]) {
        waiting.append(contentsOf: calls)
        if let oldest = calls.map(\.call.deadline).min() { waitingTimer.arm(oldest) }
    }

    private func expire() {
        let now = NIODeadline.now()
        let expired = waiting.filter { $0.call.deadline <= now }
        waiting.removeAll { $0.call.deadline <= now }
        if let oldest = waiting.map(\.call.deadline).min() { waitingTimer.arm(oldest) }
        for encoded in expired {
            encoded.call.fail(.unreachable("\(connector.place): no connection within \(encoded.call.timeout)"))
        }
    }

    private func failWaiting(_ error: RedisError) {
        let failed = waiting
        waiting = CircularBuffer()
        waitingTimer.disarm()
        for encoded in failed { encoded.call.fail(error) }
    }

    // MARK: Connecting

    private func connect(_ attempt: Int) {
        let limit = connector.configuration.connectTimeout
        attemptTimer = connector.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limiting: limit)) {
            [weak self, connector] in
            let hint = connector.configuration.tls == nil ? "" : connector.hint
            self?.attemptFailed(attempt, .unreachable("\(connector.place): no connection within \(limit)\(hint)"))
        }
        (sentinels?.connect() ?? connector.connect()).assumeIsolated().whenComplete { [weak self, connector] result in
            switch result {
            case .success(let channel):
                if let self { attemptSucceeded(attempt, channel) } else { channel.close(promise: nil) }
            case .failure(let error):
                self?.attemptFailed(attempt, ConnectFailure.error(error, place: connector.place, hint: connector.hint))
            }
        }
    }

    private func attemptSucceeded(_ attempt: Int, _ channel: any Channel) {
        let handler = try? channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
        guard let handler, handler.ending == nil else {
            let error = handler?.ending ?? .unreachable("\(connector.place): the connection is gone")
            return attemptFailed(attempt, ConnectFailure.error(error, place: connector.place, hint: connector.hint))
        }
        guard machine.attemptSucceeded(attempt) == .use else { return channel.close(promise: nil) }
        attemptTimer?.cancel()
        connection = Connection(handler: handler, channel: channel)
        handler.onEnd = { [weak self] in self?.connectionLost(attempt, $0) }
        handler.onDemotion = { [weak self] in self?.demoted(attempt) }
        mailbox.connected(to: handler.place, handler.endpoint)
        logger.debug("connected", metadata: ["redis": "\(handler.place)"])
        let calls = waiting
        waiting = CircularBuffer()
        waitingTimer.disarm()
        write(calls)
    }

    private func attemptFailed(_ attempt: Int, _ error: RedisError) {
        guard case .failWaitingAndBackOff(_, let failures) = machine.attemptFailed(attempt) else { return }
        attemptTimer?.cancel()
        logger.debug("no connection", metadata: ["reason": "\(error)", "failures": "\(failures)"])
        pause(after: attempt, failures: failures)
        failWaiting(error)
    }

    private func pause(after attempt: Int, failures: Int) {
        let pause = TimeAmount(limiting: backoff.delay(failures: failures, random: .random(in: 0...1)))
        connector.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            guard let self, let next = machine.backoffElapsed(attempt, callsWait: !waiting.isEmpty) else { return }
            connect(next)
        }
    }

    // MARK: Ending

    private func connectionLost(_ attempt: Int, _ error: RedisError) {
        machine.connectionLost(attempt)
        connection = nil
        logger.debug("connection lost", metadata: ["reason": "\(error)"])
    }

    /// The calls in flight keep the connection until they have their replies.
    private func demoted(_ attempt: Int) {
        guard let connection, let demotions = machine.demoted(attempt, after: connection.lasted) else { return }
        self.connection = nil
        retired.append(connection)
        let handler = connection.handler
        handler.onEnd = { [weak self, weak handler] _ in self?.retired.removeAll { $0.handler === handler } }
        logger.debug("the server is no primary any more", metadata: ["redis": "\(handler.place)", "failures": "\(demotions)"])
        pause(after: attempt, failures: demotions)
        handler.retire()
    }

    /// Ends all calls and the connections. The future completes when the sockets are closed.
    func close() -> EventLoopFuture<Void> {
        machine.close()
        takeMail()
        failWaiting(.closed)
        attemptTimer?.cancel()
        let open = [connection].compactMap { $0 } + retired
        let closed = EventLoopFuture.andAllComplete(open.map(\.channel.closeFuture), on: connector.eventLoop)
        for connection in open { connection.handler.close("the client was closed") }
        return closed
    }
}

extension ClientDriver.Connection {
    fileprivate var lasted: Duration { .nanoseconds((NIODeadline.now() - start).nanoseconds) }
}
