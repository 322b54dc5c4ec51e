import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

/// One job: what can be chosen, and what is refused before anything is sent.
@Suite(.timeLimit(.minutes(10)))
struct EnqueueTests {
    @Test func theKindsOptionsApplyUnlessOthersAreGiven() async throws {
        let producer = try await Producer()
        let plain = try await producer.client.enqueue(Numbered(number: -42))
        #expect(plain.isNew)
        let job = try #require(try await producer.inspector.job(plain.id, in: "work"))
        #expect(job.state == .available && job.kind == "numbered" && job.priority == 4 && job.lane == "account=42")
        #expect(job.timeout == nil && job.maxAttempts == nil)
        let chosen = try await producer.client.enqueue(Numbered()) {
            $0.id = "mine"
            $0.delay = .seconds(90)
            $0.priority = 0
            $0.timeout = .seconds(7)
            $0.maxAttempts = 2;
            $0.queue = "other"
        }
        #expect(chosen.id.text == "mine")
        let other = try #require(try await producer.inspector.job(chosen.id, in: "other"))
        #expect(other.state == .scheduled && other.priority == 0 && other.timeout == .seconds(7) && other.maxAttempts == 2)
        #expect(other.dueAt?.timeIntervalSince(other.time) == 90)
        #expect(try await producer.inspector.queues() == ["other", "work"])
    }

    @Test func aChainTakesNoPriorityAndItsNameIsTaken() async throws {
        let producer = try await Producer()
        var request = try JobRequest(Numbered())
        request.chain = Chain("k")
        // Its kind has a priority of its own.
        for priority in [4, 0, 9] {
            request.priority = priority
            let refused = request
            let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(refused) }
            #expect(error?.code == .invalidArgument && error?.message.contains("priority") == true)
        }
        request.priority = 5
        let taken: [(Partitions, [Dependency])] = [(["chain": "k"], []), ([:], ["chain"])]
        for (partitions, needs) in taken {
            var other = try JobRequest(Numbered())
            (other.partitions, other.needs) = (partitions, needs)
            let refused = other
            let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(refused) }
            #expect(error?.code == .invalidArgument && error?.message.contains("chain") == true)
        }
        #expect(try await producer.count(.available) == 0)
        for hold in Chain.OnDiscarded.allCases {
            request.chain = Chain("k", onDiscarded: hold)
            let id = try await producer.client.enqueue(request).id
            let job = try #require(try await producer.inspector.job(id, in: "work"))
            #expect(job.chain == request.chain && job.lane == "chain=k" && job.priority == 5)
        }
        #expect(try await producer.queues.dump()["{work}:hold"]?.hasSuffix(" = 1") == true)
    }

    @Test func aTimeThatIsPastMeansNow() async throws {
        let producer = try await Producer()
        let now = Date(timeIntervalSince1970: Double(producer.queues.start) / 1000)
        let cases: [(Date, JobState)] = [
            (now - 1, .available), (.distantPast, .available), (now + 60, .scheduled), (.distantFuture, .scheduled),
        ]
        for (date, state) in cases {
            let id = try await producer.client.enqueue(Numbered()) { $0.due = .at(date) }.id
            #expect(try await producer.inspector.job(id, in: "work")?.state == state)
        }
        for delay in [Duration.zero, .seconds(-5)] {
            let id = try await producer.client.enqueue(Numbered()) { $0.delay = delay }.id
            #expect(try await producer.inspector.job(id, in: "work")?.state == .available)
        }
        let far = try await producer.client.enqueue(Numbered()) { $0.delay = .seconds(Int64.max) }.id
        #expect(try await producer.inspector.job(far, in: "work")?.state == .scheduled)
    }

    @Test func betterPrioritiesComeFirst() async throws {
        let producer = try await Producer()
        for priority in [5, 9, 0, 4] { try await producer.client.enqueue(Numbered(number: priority)) { $0.priority = priority } }
        #expect(try await producer.numbers() == [0, 4, 5, 9])
    }

    @Test func anIDThatIsThereAddsNothing() async throws {
        let producer = try await Producer()
        let id = JobID("once")
        #expect(try await producer.client.enqueue(Numbered()) { $0.id = id }.isNew)
        #expect(try await !producer.client.enqueue(Numbered()) { $0.id = id }.isNew)
        #expect(try await producer.count(.available) == 1)
    }

    @Test func whatMakesNoSenseIsRefusedAndNothingStored() async throws {
        let producer = try await Producer { $0.payloadLimit = 1000 }
        let client = producer.client
        func refused(_ code: SluiceError.Code, _ body: () async throws -> Void) async {
            let error = await #expect(throws: SluiceError.self) { try await body() }
            #expect(error?.code == code)
            #expect(error?.message.contains("\n") == false)
        }
        await refused(.invalidArgument) { try await client.enqueue(Numbered()) { $0.priority = 10 } }
        await refused(.invalidArgument) { try await client.enqueue(Numbered()) { $0.priority = -1 } }
        await refused(.invalidArgument) { try await client.enqueue(Numbered()) { $0.queue = "no queue" } }
        await refused(.invalidArgument) { try await client.enqueue([Numbered()]) { $0.queue = "" } }
        for arguments in ["", "{", "nonsense", "{} {}", "\"\u{1}\""] {
            await refused(.invalidArgument) { _ = try JobRequest(kind: "k", queue: "work", arguments: arguments) }
        }
        for kind in ["", String(repeating: "k", count: 129)] {
            await refused(.invalidArgument) { try await client.enqueue(JobRequest(kind: kind, queue: "work", arguments: "1")) }
        }
        var request = try JobRequest(Numbered())
        request.partitions = ["no name": "1"]
        await refused(.invalidArgument) { try await client.enqueue(request) }
        await refused(.payloadTooLarge) { try await client.enqueue(Numbered(padding: String(repeating: "x", count: 1000))) }
        #expect(try await producer.queues.dump().isEmpty)
        // Up to the limit.
        let room = 1000 - Array("{\"kind\":\"k\",\"args\":\"\"}".utf8).count
        let largest = try JobRequest(kind: "k", queue: "work", arguments: "\"" + String(repeating: "x", count: room) + "\"")
        try await client.enqueue(largest)
        #expect(try await producer.count(.available) == 1)
    }

    @Test func aClosedClientSaysSo() async throws {
        let producer = try await Producer()
        await producer.client.close()
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(Numbered()) }
        #expect(error?.code == .closed)
    }
}
