import Logging
import NIOCore

/// Executes the decisions of `ClientStateMachine` on the event loop.
final class ClientDriver {
    private let connector: Connector
    private let mailbox: ClientMailbox
    private let logger: Logger
    private let backoff = Backoff()
    private var machine = ClientStateMachine()
    /// Calls that arrived without a connection, in order.
    private var waiting = CircularBuffer<EncodedCall>()
    private var handler: RedisChannelHandler?
    private var channel: (any Channel)?
    private var attemptTimer: Scheduled<Void>?
    private lazy var waitingTimer = DeadlineTimer(eventLoop: connector.eventLoop) { [weak self] in self?.expire() }

    init(connector: Connector, mailbox: ClientMailbox, logger: Logger) {
        self.connector = connector
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
            handler?.cancel(id: id)
        }
    }

    private func write(_ calls: some Collection<EncodedCall>) {
        guard let handler else {
            for encoded in calls { encoded.call.fail(.unreachable("\(connector.place): the connection is gone")) }
            return
        }
        handler.send(calls)
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
        connector.connect().assumeIsolated().whenComplete { [weak self, connector] result in
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
        self.handler = handler
        self.channel = channel
        handler.onEnd = { [weak self] in self?.connectionLost(attempt, $0) }
        mailbox.countConnection()
        logger.debug("connected", metadata: ["redis": "\(connector.place)"])
        let calls = waiting
        waiting = CircularBuffer()
        waitingTimer.disarm()
        write(calls)
    }

    private func attemptFailed(_ attempt: Int, _ error: RedisError) {
        guard case .failWaitingAndBackOff(_, let failures) = machine.attemptFailed(attempt) else { return }
        attemptTimer?.cancel()
        logger.debug("no connection", metadata: ["reason": "\(error)", "failures": "\(failures)"])
        let pause = TimeAmount(limiting: backoff.delay(failures: failures, random: .random(in: 0...1)))
        connector.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            guard let self, let next = machine.backoffElapsed(attempt, callsWait: !waiting.isEmpty) else { return }
            connect(next)
        }
        failWaiting(error)
    }

    // MARK: Ending

    private func connectionLost(_ attempt: Int, _ error: RedisError) {
        machine.connectionLost(attempt)
        handler = nil
        channel = nil
        logger.debug("connection lost", metadata: ["reason": "\(error)"])
    }

    /// Ends all calls and the connection. The future completes when the socket is closed.
    func close() -> EventLoopFuture<Void> {
        machine.close()
        takeMail()
        failWaiting(.closed)
        attemptTimer?.cancel()
        let closed = channel?.closeFuture ?? connector.eventLoop.makeSucceededVoidFuture()
        handler?.close("the client was closed")
        return closed
    }
}
