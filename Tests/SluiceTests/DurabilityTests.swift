import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// Enqueues that wait for a replica: one that lives, and one that is frozen.
@Suite(.timeLimit(.minutes(10)))
struct DurabilityTests {
    private static let long = Durability.replicas(1, within: .seconds(120))
    private static let short = Durability.replicas(1, within: .milliseconds(100))

    private static func refused(_ call: () async throws -> Void) async throws -> SluiceError {
        try #require(await #expect(throws: SluiceError.self) { try await call() })
    }

    /// The second client's connection has written nothing else. From Redis 7.2 on this is red without the touch: the client is
    /// confirmed at once then.
    @Test func aJobThatIsFoundIsNotConfirmedByAFrozenReplica() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary)
        #expect(try await producer.client.enqueue(Numbered(), durability: Self.long).isNew)
        try await pair.replica.suspend()
        let first = try await Self.refused {
            try await producer.client.enqueue(Numbered(), durability: Self.short) { $0.id = "a" }
        }
        #expect(first.code == .notConfirmed && first.jobs == ["a"] && first.isNew == true && !first.isTransient)
        #expect(
            first.message == "job a is in queue work, but 0 of 1 replica confirmed it within 100ms: "
                + "a failover may lose what only the primary has")
        #expect(try await producer.count(.available) == 2)

        let other = try await SluiceClient(.url(pair.primary.url), options: producer.client.options)
        let second = try await Self.refused {
            try await other.enqueue(Numbered(), durability: Self.short) { $0.id = "a" }
        }
        #expect(second.code == .notConfirmed && second.jobs == ["a"] && second.isNew == false)
        #expect(try await producer.count(.available) == 2)

        try await pair.replica.resume()
        #expect(try await !other.enqueue(Numbered(), durability: Self.long) { $0.id = "a" }.isNew)
        await other.close()
        await producer.client.close()
    }

    /// What the touch is for: to a connection that has written nothing, Redis confirms everything. For Redis 7.0 any other command
    /// counts as a write here, and those of a connection's start do; so this `WAIT` is the first command.
    @Test func redisConfirmsAConnectionThatHasWrittenNothing() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary)
        try await pair.replica.suspend()
        let base = producer.queues.store.keys.base("work")
        let first = try pair.connection()
        _ = try await first.send(["FCALL", "sluice1_enqueue", "1", base, "p", "1", "1", "b", #"{"kind":"x","args":{}}"#])
        #expect(try await first.send(["WAIT", "1", "100"]).root.integer == 0)
        #expect(try await pair.primary.cli("WAIT", "1", "100") == "1", "this server needs no cure")
        let second = try pair.connection()
        _ = try await second.send(["FCALL", "sluice1_touch", "1", base])
        #expect(try await second.send(["WAIT", "1", "100"]).root.integer == 0)
        #expect(try await second.send(["EXISTS", base + ":touch"]).root.integer == 0)
        try await pair.replica.resume()
        await first.close()
        await second.close()
        await producer.client.close()
    }

    /// Whether or not the call wrote, so that no server confirms what it found; and on one connection, since another one may lead to
    /// another server. Red if the touch is left out, or sent apart.
    @Test func aTouchGoesBehindTheCallOnItsConnection() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary)
        let client = try pair.connection()
        _ = try await client.send(["CONFIG", "SET", "slowlog-log-slower-than", "0"])
        for isNew in [true, false] {
            #expect(try await producer.client.enqueue(Numbered(), durability: Self.long) { $0.id = "a" }.isNew == isNew)
        }
        // Newest first: number, time, microseconds, words, address of the client. A command that blocked is not among them.
        let entries = try await client.send(["SLOWLOG", "GET", "100"]).root.elements.map { entry in
            (words: entry[3].elements.compactMap(\.string), from: entry[4].string)
        }.reversed()
        let calls = entries.filter { $0.words.first == "FCALL" }
        #expect(calls.map { $0.words[1] } == ["sluice1_enqueue", "sluice1_touch", "sluice1_enqueue", "sluice1_touch"])
        #expect(Set(calls.map(\.from)).count == 1)
        await client.close()
        await producer.client.close()
    }

    /// Red if durable calls share the connection of others: the plain enqueue then waits for the replica as well.
    @Test func otherCallsGoOnWhileOneWaits() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary)
        try await pair.replica.suspend()
        async let durable = producer.client.enqueue(Numbered(), durability: Self.long)
        #expect(await producer.queues.eventually(in: "work") { try await pair.blocked() == 1 })
        for number in 1...100 { try await producer.client.enqueue(Numbered(number: number)) }
        #expect(try await pair.blocked() == 1)
        try await pair.replica.resume()
        #expect(try await durable.isNew)
        #expect(try await producer.count(.available) == 101)
        await producer.client.close()
    }

    /// Red if a call whose confirmation was lost ends, or if its repetition is confirmed falsely: then no client is blocked.
    @Test func aLostConfirmationIsWaitedForAgain() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary) { $0.patience = .seconds(300) }
        try await pair.replica.suspend()
        async let durable = producer.client.enqueue(Numbered(), durability: Self.long)
        for _ in 1...3 {
            #expect(await producer.queues.eventually(in: "work") { try await pair.blocked() == 1 })
            try await pair.primary.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        }
        #expect(await producer.queues.eventually(in: "work") { try await pair.blocked() == 1 })
        try await pair.replica.resume()
        #expect(try await durable.isNew)
        #expect(try await producer.count(.available) == 1)
        await producer.client.close()
    }

    /// More calls than there are connections for them.
    @Test func manyCallsAreConfirmedAtTheSameTime() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let queue = QueueName("q\(number % 30)")
                    try await producer.client.enqueue(Numbered(), durability: Self.long) { $0.queue = queue }
                }
            }
            try await group.waitForAll()
        }
        for number in 0..<30 {
            #expect(try await producer.inspector.status(of: QueueName("q\(number)")).states[.available] == 2)
        }
        await producer.client.close()
    }

    @Test func manyJobsAreInRedisAndNamed() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary) { $0.durability = Self.short }
        try await pair.replica.suspend()
        let bulk = try await Self.refused {
            try await producer.client.enqueue((0..<2500).map { Numbered(number: $0) })
        }
        #expect(bulk.code == .notConfirmed && Set(bulk.jobs).count == 2500)
        #expect(try await producer.count(.available) == 2500)
        let (stream, end) = AsyncStream.makeStream(of: Numbered.self)
        end.yield(Numbered())
        end.finish()
        let streamed = try await Self.refused { try await producer.client.enqueue(stream) }
        #expect(streamed.code == .notConfirmed && streamed.jobs.count == 1)
        var bad = try JobRequest(Numbered())
        bad.priority = 10
        let outcomes = await producer.client.enqueueEach([try JobRequest(Numbered()), bad])
        let codes = outcomes.map { outcome -> SluiceError.Code? in
            if case .failure(let error) = outcome { error.code } else { nil }
        }
        #expect(codes == [.notConfirmed, .invalidArgument])
        // The choice of a call is before that of the client.
        #expect(try await producer.client.enqueue(Numbered(), durability: .primary).isNew)
        try await pair.replica.resume()
        let again = try await producer.client.enqueue(
            bulk.jobs.map { id in try JobRequest(Numbered()) { $0.id = id } }, durability: Self.long)
        #expect(again.existing == 2500 && again.added == 0)
        await producer.client.close()
    }

    @Test func batchesAndWorkflowsAreWaitedForToo() async throws {
        let pair = try await ReplicatedPair()
        let producer = try await Producer(on: pair.primary)
        let client = producer.client
        let sure = try await client.openBatch("sure", durability: Self.long)
        #expect(try await sure.add([Numbered()]).added == 1)
        try await sure.seal()
        #expect(try await client.enqueue(Self.flow("first"), durability: Self.long).isNew)

        try await pair.replica.suspend()
        let opened = try await Self.refused { _ = try await client.openBatch("b", id: "b", durability: Self.short) }
        #expect(opened.code == .notConfirmed && opened.batch == "b")
        let batch = client.batch("b", durability: Self.short)
        let parent = try await client.enqueue(Numbered())
        let added = try await Self.refused { try await batch.add([Numbered(), Numbered()]) }
        #expect(added.code == .notConfirmed && added.jobs.count == 2)
        let followed = try await Self.refused {
            try await batch.add([Numbered()]) { $0.after = FollowUp(parent) }
        }
        #expect(followed.code == .notConfirmed && followed.jobs.count == 1)
        let sealed = try await Self.refused { try await batch.seal() }
        #expect(sealed.code == .notConfirmed && sealed.batch == "b")
        let status = try #require(try await batch.status())
        #expect(status.total == 3 && status.state == .sealed)

        let flow = try await Self.refused { try await client.enqueue(Self.flow("second"), durability: Self.short) }
        #expect(flow.code == .notConfirmed && flow.workflow == "second")
        #expect(try await client.workflow("second").status().state == .running)
        try await pair.replica.resume()
        await client.close()
    }

    private static func flow(_ id: WorkflowID) throws -> Workflow {
        var flow = Workflow("flow")
        flow.id = id
        flow.add("one", try JobRequest(Numbered()))
        return flow
    }

    @Test func aServerWithoutReplicasConfirmsNothing() async throws {
        let producer = try await Producer()
        let error = try await Self.refused { try await producer.client.enqueue(Numbered(), durability: Self.short) }
        #expect(error.code == .notConfirmed && error.message.contains("0 of 1 replica"))
        #expect(try await producer.count(.available) == 1)
        for wrong in [Durability.replicas(0, within: .seconds(1)), .replicas(1, within: .zero), .fsync(within: .seconds(601))] {
            let refusal = try await Self.refused { try await producer.client.enqueue(Numbered(), durability: wrong) }
            #expect(refusal.code == .invalidArgument)
        }
        #expect(try await producer.count(.available) == 1)
        await producer.client.close()
    }

    /// Redis 7.0 has no `WAITAOF`: the call is refused before anything is stored.
    @Test func fsyncNeedsANewerServer() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let isNew = (try? await server.cli("WAITAOF", "0", "0", "1")) != nil
        let producer = try await Producer(on: server)
        let fsync = Durability.fsync(within: .seconds(60))
        if isNew {
            #expect(try await producer.client.enqueue(Numbered(), durability: fsync).isNew)
        } else {
            let error = try await Self.refused { try await producer.client.enqueue(Numbered(), durability: fsync) }
            #expect(error.code == .serverTooOld && error.message.contains("Redis 7.2"))
            #expect(try await producer.inspector.queues().contains("work"))
            #expect(try await producer.count(.available) == 0)
        }
        await producer.client.close()
    }
}
