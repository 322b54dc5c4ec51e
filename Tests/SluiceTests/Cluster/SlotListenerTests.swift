import Logging
import NIOPosix
import SluiceCore
import SluiceTesting
import Synchronization
import Testing

@testable import Hiredis
@testable import SluiceStore

/// Listeners in several slots, on one server that stands for all nodes: each slot has a connection of its own all the same.
@Suite(.timeLimit(.minutes(10)))
struct SlotListenerTests {
    private let queues: TestNamespace
    private let node: OneNode
    private let worker = WorkerID(host: "h", process: 1)

    init() async throws {
        queues = try await TestNamespace(clock: .server)
        node = OneNode(try RedisConfiguration(url: queues.url))
    }

    private var keys: Keys { queues.store.keys }

    private func listener<Kind: SlotKind>(_ kind: Kind, most: Int = 64) -> SlotListener<Kind> {
        SlotListener(
            kind, node, BlockedConnections(most: most), on: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test"))
    }

    private func questions(wake: [QueueName], bells: [QueueName] = []) -> [SlotQuestion] {
        WakeKind(keys: keys).questions(wake: wake, bells: bells, worker)
    }

    private func push(_ queue: QueueName) async throws { _ = try await queues.command("RPUSH", keys.wake(queue), "1") }

    private func tokens(_ queue: QueueName) async throws -> Int? {
        try await queues.command("LLEN", keys.wake(queue)).root.integer
    }

    /// The next token, whatever fails besides.
    private func token(
        _ listener: SlotListener<WakeKind>, _ questions: [SlotQuestion], within limit: Duration = .seconds(60)
    ) async throws -> WakeListener.Token? {
        while true {
            switch try await listener.next(questions, within: limit) {
            case .item(let token)?: return token
            case .failure?: continue
            case nil: return nil
            }
        }
    }

    /// Red if a worker with many queues may take all connections of its process.
    @Test func someConnectionsAreKeptForInboxes() {
        let connections = BlockedConnections(most: 3, forInboxes: 2)
        let worker = connections.take(forInbox: false)
        #expect(worker != nil && connections.take(forInbox: false) == nil)
        let inboxes = [connections.take(forInbox: true), connections.take(forInbox: true)].compactMap(\.self)
        #expect(inboxes.count == 2 && connections.take(forInbox: true) == nil)
    }

    /// Without the buffer of the board the second token, which its connection took during the first wait, would be gone.
    @Test func tokensOfAllSlotsArriveAndNoneIsLost() async throws {
        let listener = listener(WakeKind(keys: keys))
        let questions = questions(wake: ["a", "b", "c"])
        #expect(Set(questions.map(\.slot)).count == 3)
        let first = Task { try await token(listener, questions) }
        await node.sees(3) { $0.first == "BLPOP" }
        for queue: QueueName in ["a", "b", "c"] { try await push(queue) }
        var found = [try await first.value]
        for _ in 0..<2 { found.append(try await token(listener, questions)) }
        #expect(Set(found) == [.wake("a"), .wake("b"), .wake("c")])
        await listener.close()
    }

    @Test func aTokenThatComesAfterACancellationIsKept() async throws {
        let listener = listener(WakeKind(keys: keys))
        let questions = questions(wake: ["a"])
        let cancelled = Task { try await listener.next(questions, within: .seconds(60)) }
        await node.sees(1) { $0.first == "BLPOP" }
        cancelled.cancel()
        await #expect(throws: RedisError.closed) { try await cancelled.value }
        try await push("a")
        #expect(try await token(listener, questions) == .wake("a"))
        #expect(node.count { $0.first == "BLPOP" } == 1, "the call that was under way has taken it")
        await listener.close()
    }

    /// Without the end of the first call, the token would go to this listener, which does not want it.
    @Test func aQueueThatIsWantedNoMoreLeavesItsTokensToOthers() async throws {
        let listener = listener(WakeKind(keys: keys))
        let both = questions(wake: ["a", "b"], bells: ["a", "b"])
        let first = Task { try await token(listener, both) }
        await node.sees(2) { $0.first == "BLPOP" }
        try await push("a")
        #expect(try await first.value == .wake("a"))
        let second = Task { try await token(listener, questions(wake: ["a"], bells: ["a", "b"])) }
        let (bell, wake) = (keys.bell("b", worker), keys.wake("b"))
        await node.sees(1) { $0.first == "BLPOP" && $0.contains(bell) && !$0.contains(wake) }
        try await push("b")
        _ = try await queues.command("RPUSH", bell, "1")
        #expect(try await second.value == .bell("b"))
        #expect(try await tokens("b") == 1)
        await listener.close()
    }

    @Test func slotsWithoutAConnectionAreAsked() async throws {
        let listener = listener(WakeKind(keys: keys), most: 1)
        let questions = questions(wake: ["a", "b", "c"])
        for queue: QueueName in ["c", "b"] {
            let next = Task { try await token(listener, questions) }
            try await push(queue)
            #expect(try await next.value == .wake(queue))
        }
        #expect(node.opened == 1)
        await listener.close()
    }

    /// With one connection for all, or an error that ends the wait, the second slot would wait for the first.
    @Test func aNodeThatIsAwayHoldsUpNoOther() async throws {
        node.fail(keys.wake("a"))
        let listener = listener(WakeKind(keys: keys))
        let questions = questions(wake: ["a", "b"])
        let next = Task { try await token(listener, questions) }
        await node.sees(2) { $0.contains(keys.wake("a")) }
        try await push("b")
        #expect(try await next.value == .wake("b"))
        node.fail(nil)
        try await push("a")
        #expect(try await token(listener, questions) == .wake("a"))
        await listener.close()
    }

    @Test func theTimeOfAWaitIsKeptAndAClosedListenerSaysSo() async throws {
        let listener = listener(WakeKind(keys: keys))
        #expect(try await token(listener, questions(wake: ["a"]), within: .milliseconds(50)) == nil)
        let next = Task { try await listener.next(questions(wake: ["a"]), within: .seconds(60)) }
        await listener.close()
        await #expect(throws: RedisError.closed) { try await next.value }
        await #expect(throws: RedisError.closed) { try await listener.next(questions(wake: ["a"]), within: .seconds(60)) }
    }

    @Test(arguments: [64, 0])
    func mailOfInboxesInSeveralSlotsArrives(_ connections: Int) async throws {
        let listener = listener(InboxKind(), most: connections)
        let inboxes = [keys.inbox("a", client: "c"), keys.inbox(ofWorkflow: "w", client: "c")]
        let questions = inboxes.enumerated().map { SlotQuestion(slot: $0.offset, words: [$0.element]) }
        for inbox in inboxes { _ = try await queues.command("RPUSH", inbox, "one", "two") }
        var mail: [String: [String]] = [:]
        while mail.count < 2 {
            if case .item(let one)? = try await listener.next(questions, within: .seconds(60)) { mail[one.inbox] = one.entries }
        }
        #expect(mail == Dictionary(uniqueKeysWithValues: inboxes.map { ($0, ["one", "two"]) }))
        await listener.close()
    }

    /// The interruption ends a wait that does not know the new inbox, and leaves the call of the other one alone.
    @Test func anInterruptedWaitEndsWithoutNews() async throws {
        let listener = listener(InboxKind())
        let inbox = keys.inbox("a", client: "c")
        let next = Task { try await listener.next([SlotQuestion(slot: 1, words: [inbox])], within: .seconds(60)) }
        await node.sees(1) { $0.first == "BLMPOP" }
        await listener.interrupt()
        #expect(try await next.value == nil)
        _ = try await queues.command("RPUSH", inbox, "x")
        let news = try await listener.next([SlotQuestion(slot: 1, words: [inbox])], within: .seconds(60))
        guard case .item(let mail)? = news else { return #expect(Bool(false), "no mail") }
        #expect(mail.entries == ["x"] && node.count { $0.first == "BLMPOP" } == 1)
        await listener.close()
    }

    /// A client may have chosen the inboxes of its next wait when another wait needs one more. If the interruption were lost, the
    /// wait would last a minute.
    @Test func anInterruptionBetweenTwoWaitsEndsTheNextOne() async throws {
        let listener = listener(InboxKind())
        let questions = [SlotQuestion(slot: 1, words: [keys.inbox("a", client: "c")])]
        await listener.interrupt()
        #expect(try await listener.next(questions, within: .seconds(60)) == nil)
        // And no other one.
        _ = try await queues.command("RPUSH", keys.inbox("a", client: "c"), "x")
        guard case .item? = try await listener.next(questions, within: .seconds(60)) else {
            Issue.record("no mail")
            return
        }
        await listener.close()
    }

    @Test(arguments: [64, 0])
    func streamsInSeveralSlotsAreRead(_ connections: Int) async throws {
        let listener = listener(EventKind(), most: connections)
        var positions = [keys.events("a"): "0-0", keys.events("b"): "0-0"]
        for stream in positions.keys { _ = try await queues.command("XADD", stream, "1-1", "from", "", "to", "available") }
        var read: [String: Int] = [:]
        while read.values.reduce(0, +) < 4 {
            let questions = positions.keys.sorted().enumerated().map { index, key in
                SlotQuestion(slot: index, words: [key, positions[key] ?? ""])
            }
            guard case .item(let stream)? = try await listener.next(questions, within: .seconds(60)),
                let key = stream[0].string
            else { continue }
            for entry in stream[1].elements {
                read[key, default: 0] += 1
                positions[key] = entry[0].string
            }
            if read[key] == 1 { _ = try await queues.command("XADD", key, "2-1", "from", "available", "to", "executing") }
        }
        #expect(read == [keys.events("a"): 2, keys.events("b"): 2])
        await listener.close()
    }
}

/// One server in place of a cluster. It records what is sent on blocking connections.
private final class OneNode: SlotConnections {
    private struct State {
        var sent: [[String]] = []
        var opened = 0
        var failing: String?
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private struct Connection: SlotConnection {
        let node: OneNode
        let client: RedisClient

        func send(_ command: RedisCommand, blockFor: Duration) async throws(RedisError) -> RedisReply {
            if node.note(command.words) { throw .unreachable("it is away") }
            return try await client.sendBlocking(command, blockFor: blockFor)
        }

        func close() async { await client.close() }
    }

    private let configuration: RedisConfiguration
    private let client: RedisClient
    private let state = Mutex(State())

    init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
        client = RedisClient(configuration)
    }

    var opened: Int { state.withLock { $0.opened } }

    func blocking(forKey key: String) -> any SlotConnection {
        state.withLock { $0.opened += 1 }
        return Connection(node: self, client: RedisClient(configuration))
    }

    func pipeline(
        _ commands: [(command: RedisCommand, key: String)]
    ) async throws(RedisError) -> [Result<RedisReply, RedisError>] {
        try await client.pipeline(commands.map(\.command))
    }

    /// Blocking commands with this key fail from now on.
    func fail(_ key: String?) { state.withLock { $0.failing = key } }

    func count(_ isOne: ([String]) -> Bool) -> Int { state.withLock { $0.sent.count(where: isOne) } }

    /// Waits until this number of blocking commands of a kind was sent.
    func sees(_ count: Int, _ isOne: @escaping @Sendable ([String]) -> Bool) async {
        while self.count(isOne) < count {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.sent.count(where: isOne) >= count { return true }
                    state.watchers.append(continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }

    /// Returns whether the command has to fail.
    private func note(_ words: [String]) -> Bool {
        let (fails, watchers) = state.withLock { state in
            defer { state.watchers = [] }
            state.sent.append(words)
            return (state.failing.map(words.contains) ?? false, state.watchers)
        }
        for watcher in watchers { watcher.resume() }
        return fails
    }
}

extension RedisCommand {
    fileprivate var words: [String] {
        var rest = bytes[...]
        return lengths.map { length in
            defer { rest = rest.dropFirst(length) }
            return String(decoding: rest.prefix(length), as: UTF8.self)
        }
    }
}
