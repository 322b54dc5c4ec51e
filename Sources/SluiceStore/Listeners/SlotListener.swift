import Hiredis
import Logging
import NIOCore

/// A kind of listener: its commands, and what their replies say.
protocol SlotKind: Sendable {
    associatedtype Item: Sendable

    /// The command that blocks at the keys of one slot.
    func blocking(_ words: [String], for limit: Duration) -> RedisCommand
    /// What its reply brings.
    func items(_ reply: RedisValue) -> [Item]
    /// Commands that ask the same without blocking.
    func asking(_ words: [String]) -> [RedisCommand]
    /// What the reply to one of these brings.
    func items(_ reply: RedisValue, of command: Int, _ words: [String]) -> [Item]
    /// Whether a blocking call for `present` must end when `wanted` is wanted; nothing is wanted if that is empty.
    static func mustEnd(_ present: [String], _ wanted: [String]) -> Bool
    /// Whether it may have the connections that are kept for inboxes.
    static var isInbox: Bool { get }
    /// Commands that end a blocking call from outside; nil if only its cancellation does.
    func ending(_ words: [String]) -> [RedisCommand]?
}

/// The connections of a listener in several slots.
protocol SlotConnections: Sendable {
    /// A connection for blocking commands on the slot of a key.
    func blocking(forKey key: String) -> any SlotConnection
    /// Sends commands in one flush to each node.
    func pipeline(
        _ commands: [(command: RedisCommand, key: String)]
    ) async throws(RedisError) -> [Result<RedisReply, RedisError>]
}

/// A connection for blocking commands.
protocol SlotConnection: Sendable {
    func send(_ command: RedisCommand, blockFor: Duration) async throws(RedisError) -> RedisReply
    func close() async
}

extension SlotKind {
    static var isInbox: Bool { false }
}

extension BlockingCaller: SlotConnection {}

extension RedisRouter: SlotConnections {
    func blocking(forKey key: String) -> any SlotConnection {
        let caller: BlockingCaller = blocking(forKey: key)
        return caller
    }
}

/// Listens in several slots of a cluster, where the keys of one blocking command must share a slot: with a blocked connection for
/// each slot, as far as the process may have them (``BlockedConnections``). The slots beyond are asked from time to time. One
/// task may wait at a time.
actor SlotListener<Kind: SlotKind> {
    typealias News = SlotBoard<Kind.Item>.News

    /// The pauses between two questions to slots without a connection, while nothing comes.
    private static var firstPause: Duration { .milliseconds(50) }
    private static var longestPause: Duration { .milliseconds(500) }
    /// Slots without a connection that are asked together.
    private static var page: Int { 16 }

    private nonisolated let kind: Kind
    private let connections: any SlotConnections
    private let process: BlockedConnections
    private nonisolated let eventLoop: any EventLoop
    private let logger: Logger
    private var board = SlotBoard<Kind.Item>(mustEnd: Kind.mustEnd)
    private var permits: [BlockedConnections.Permit] = []
    private var callers: [Int: any SlotConnection] = [:]
    private var calls: [Int: Task<Void, Never>] = [:]
    private var span = Duration.seconds(10)
    private var waiter: CheckedContinuation<Void, Never>?
    private var turn = 0
    private var pause = firstPause
    private var isAskingSoon = false
    /// Whether the next wait is to end at once.
    private var isInterrupted = false
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    init(
        _ kind: Kind, _ connections: any SlotConnections, _ process: BlockedConnections = .shared, on eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.kind = kind
        self.connections = connections
        self.process = process
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// The next news, or nil if none comes in time, or after ``interrupt()``.
    /// - Parameter questions: those that get connections first come first.
    /// - Throws: `closed`, at once, if the task is cancelled or the listener closed. What comes meanwhile is kept for the next
    ///   call.
    func next(_ questions: [SlotQuestion], within limit: Duration) async throws(RedisError) -> News? {
        if isClosed || Task.isCancelled { throw .closed }
        if let news = board.take() { return news }
        if isInterrupted {
            isInterrupted = false
            return nil
        }
        span = limit
        perform(board.wait(for: questions, at: .now) { connect() })
        permits.removeLast(max(permits.count - board.connections, 0))
        askSoon()
        await rest(limit)
        board.waitEnded()
        if isClosed || Task.isCancelled { throw .closed }
        return board.take()
    }

    /// What has come since the last wait, so that the next one would end at once.
    /// - Throws: as a wait does.
    func kept() throws(RedisError) -> News? {
        if isClosed || Task.isCancelled { throw .closed }
        return board.take()
    }

    /// Ends the wait; the next one, if there is none, since its questions may have been chosen before.
    func interrupt() {
        if waiter == nil { isInterrupted = true } else { wake() }
    }

    private func wake() {
        let waiter = self.waiter
        self.waiter = nil
        waiter?.resume()
    }

    /// Closes the connections, and ends the wait with an error.
    func close() async {
        isClosed = true
        wake()
        let open = callers.values
        callers = [:]
        for caller in open { await caller.close() }
        // Those that wait for the map of the cluster have no connection that ends them.
        for call in calls.values { call.cancel() }
        permits = []
    }

    // MARK: Waiting

    private func rest(_ limit: Duration) async {
        turn += 1
        let turn = turn
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) { [weak self] in
            guard let self else { return }
            Task { await self.end(turn) }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if board.hasNews || isClosed { continuation.resume() } else { waiter = continuation }
            }
        } onCancel: {
            Task { await self.end(turn) }
        }
        timer.cancel()
    }

    private func end(_ turn: Int) {
        if turn == self.turn { wake() }
    }

    // MARK: Calls

    private func connect() -> Bool {
        guard let permit = process.take(forInbox: Kind.isInbox) else { return false }
        permits.append(permit)
        return true
    }

    private func perform(_ actions: [SlotBoard<Kind.Item>.Action]) {
        for action in actions {
            switch action {
            case .block(let question): block(question)
            case .interrupt(let question): interrupt(question)
            case .rest(let slot, let failures): rest(slot, failures)
            case .release(let slot):
                if let caller = callers.removeValue(forKey: slot) { Task { await caller.close() } }
            }
        }
        if board.hasNews { wake() }
    }

    private func block(_ question: SlotQuestion) {
        let caller = callers[question.slot] ?? connections.blocking(forKey: question.words[0])
        callers[question.slot] = caller
        let (command, limit) = (kind.blocking(question.words, for: span), span)
        calls[question.slot] = Task {
            let actions: [SlotBoard<Kind.Item>.Action]
            do throws(RedisError) {
                let reply = try await caller.send(command, blockFor: limit)
                actions = board.ended(question.slot, with: kind.items(reply.root))
            } catch {
                if isClosed {
                    calls[question.slot] = nil
                    return
                }
                logger.debug("cannot listen at a slot", metadata: ["key": "\(question.words[0])", "error": "\(error)"])
                actions = board.failed(question.slot, question.words, error)
            }
            calls[question.slot] = nil
            if !isClosed { perform(actions) }
        }
    }

    /// If this fails, the call ends by itself in some seconds.
    private func interrupt(_ question: SlotQuestion) {
        guard let commands = kind.ending(question.words) else {
            calls[question.slot]?.cancel()
            return
        }
        Task { _ = try? await connections.pipeline(commands.map { ($0, question.words[0]) }) }
    }

    private func rest(_ slot: Int, _ failures: Int) {
        let wait = backoff(after: failures, from: .milliseconds(100), upTo: .seconds(2))
        eventLoop.scheduleTask(in: TimeAmount(wait)) { [weak self] () -> Void in
            guard let self else { return }
            Task { await self.rested(slot) }
        }
    }

    private func rested(_ slot: Int) {
        if !isClosed { perform(board.rested(slot)) }
    }

    // MARK: Slots without a connection

    private func askSoon() {
        if isAskingSoon || !board.isWaiting || !board.hasUnconnected || isClosed { return }
        isAskingSoon = true
        eventLoop.scheduleTask(in: TimeAmount(pause)) { [weak self] () -> Void in
            guard let self else { return }
            Task { await self.ask() }
        }
    }

    /// Asks now. Neighbours are mostly on one node. A slot without a node delays few others.
    private func ask() {
        isAskingSoon = false
        guard board.isWaiting, !isClosed else { return }
        pause = min(pause * 2, Self.longestPause)
        for questions in board.takeUnconnected().pages(of: Self.page) { Task { await ask(questions) } }
        askSoon()
    }

    private func ask(_ questions: [SlotQuestion]) async {
        let commands = questions.map { kind.asking($0.words) }
        let calls = zip(questions, commands).flatMap { question, commands in
            commands.map { (command: $0, key: question.words[0]) }
        }
        var results: ArraySlice<Result<RedisReply, RedisError>> = []
        do throws(RedisError) {
            results = try await connections.pipeline(calls)[...]
        } catch {
            results = Array(repeating: .failure(error), count: calls.count)[...]
        }
        for (question, commands) in zip(questions, commands) {
            read(Array(results.prefix(commands.count)), question)
            results = results.dropFirst(commands.count)
        }
    }

    private func read(_ results: [Result<RedisReply, RedisError>], _ question: SlotQuestion) {
        var items: [Kind.Item] = []
        var failure: RedisError?
        for (index, result) in results.enumerated() {
            switch result {
            case .success(let reply): items += kind.items(reply.root, of: index, question.words)
            case .failure(let error): failure = error
            }
        }
        if !items.isEmpty { pause = Self.firstPause }
        perform(board.asked(question.slot, with: items))
        if let failure { perform(board.askingFailed(question, failure)) }
    }
}
