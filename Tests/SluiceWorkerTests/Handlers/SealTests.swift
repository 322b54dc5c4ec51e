import Crypto
import Foundation
import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// What somebody can do to encrypted jobs who can write to Redis, and has no key.
@Suite(.timeLimit(.minutes(10)))
struct SealTests {
    private struct Pay: Job {
        static let kind = "pay"
        static let options = JobOptions(
            queue: "work", maxAttempts: 3, retry: .fixed(.seconds(10)), keepsResult: true, isEncrypted: true)
        typealias Output = String
        var card: String
    }

    private let fixture: Fixture
    private let client: SluiceClient
    private let seen = Recorder<String>()

    init() async throws {
        fixture = try await Fixture()
        client = try await fixture.client { options in
            let key = SymmetricKey(data: [UInt8](repeating: 1, count: 32))
            options.keys = try PayloadKeys(current: "a", keys: ["a": key], index: key)
        }
    }

    private func key(_ column: String) -> String { fixture.queues.base("work") + ":" + column }

    private func column(_ name: String, of id: JobID) async throws -> String {
        try #require(try await fixture.queues.command("HGET", key(name), id.text).root.string)
    }

    private func write(_ name: String, of id: JobID, _ text: String) async throws {
        _ = try await fixture.queues.command("HSET", key(name), id.text, text)
    }

    private func worker(_ client: SluiceClient? = nil) -> Worker {
        let worker = fixture.worker(client: client ?? self.client)
        worker.handle(Pay.self) { [seen] (job, _) -> String in
            seen.add(job.card)
            return "charged \(job.card)"
        }
        return worker
    }

    private func waits(_ id: JobID, since why: String) async -> Bool {
        await fixture.queues.eventually(in: "work") {
            let details = try await fixture.details(id)
            return details?.state == .scheduled && details?.failures.last?.message.contains(why) == true
        }
    }

    @Test func aStrippedSealDoesNotRun() async throws {
        let job = try await client.enqueue(Pay(card: "4111"))
        try await write("spec", of: job.id, #"{"kind":"pay","args":{"card":"0000"}}"#)
        try await fixture.running(worker()) {
            #expect(await waits(job.id, since: "is not encrypted, and what is read here has to be"))
        }
        #expect(seen.all == [])
        #expect(try await fixture.details(job.id)?.attempts == 0)
    }

    @Test func argumentsOfOneJobDoNotRunAsThoseOfAnother() async throws {
        let first = try await client.enqueue(Pay(card: "4111"))
        let second = try await client.enqueue(Pay(card: "4222"))
        try await write("spec", of: second.id, try await column("spec", of: first.id))
        try await fixture.running(worker()) {
            #expect(await fixture.becomes(first.id, .completed))
            #expect(await waits(second.id, since: "put there from another job"))
        }
        #expect(seen.all == ["4111"])
    }

    @Test func aRecordedStepThatWasStrippedOrMovedIsNotBelieved() async throws {
        let errors = Recorder<String>()
        let worker = fixture.worker(client: client)
        worker.handle(Pay.self) { [seen] (job, context) -> String in
            do {
                let receipt = try await context.once("charge") { _ in "receipt of \(job.card)" }
                seen.add(receipt)
            } catch {
                errors.add("\((error as? SluiceError)?.code.name ?? "\(error)")")
            }
            throw Failure()
        }
        let stripped = try await client.enqueue(Pay(card: "4111"))
        let moved = try await client.enqueue(Pay(card: "4222"))
        try await fixture.running(worker) {
            for job in [stripped, moved] { #expect(await fixture.fails(job.id, times: 1)) }
            let line = try await column("once", of: stripped.id)
            let token = line.split(separator: " ")[1]
            try await write("once", of: moved.id, line)
            try await write("once", of: stripped.id, "charge \(token) 6 \"free\"\n")
            try await fixture.queues.advance(by: .seconds(10))
            for job in [stripped, moved] { #expect(await fixture.fails(job.id, times: 2)) }
        }
        #expect(seen.all.sorted() == ["receipt of 4111", "receipt of 4222"])
        #expect(errors.all == ["undecryptable", "undecryptable"])
    }

    @Test func aResultThatWasStrippedOrMovedIsNotBelieved() async throws {
        let first = try await client.enqueue(Pay(card: "4111"))
        let second = try await client.enqueue(Pay(card: "4222"))
        try await fixture.running(worker()) {
            for job in [first, second] { #expect(await fixture.becomes(job.id, .completed)) }
        }
        #expect(try await client.result(of: first) == "charged 4111")
        try await write("result", of: second.id, try await column("result", of: first.id))
        try await write("result", of: first.id, #""charged nothing""#)
        for job in [first, second] {
            let error = await #expect(throws: SluiceError.self) { try await client.result(of: job) }
            #expect(error?.code == .undecryptable)
        }
    }

    /// Reads the output of another node, and takes any kind of it.
    private struct Look: Job {
        static let kind = "look"
        static let options = JobOptions(queue: "work", maxAttempts: 1, keepsResult: true)
        typealias Output = String
        var typed: Bool
    }

    @Test(arguments: [false, true]) func anOutputOfANodeThatWasStrippedIsNotBelieved(typed: Bool) async throws {
        let errors = Recorder<String>()
        @Sendable func look(_ context: JobContext, typed: Bool) async -> String {
            do {
                return typed
                    ? try await context.output(of: "pay", from: Pay.self) : try await context.output(of: "pay")
            } catch {
                errors.add(error.code.name)
                return "nothing"
            }
        }
        var flow = Workflow("payment")
        let pay = flow.add("pay", Pay(card: "4111"))
        let wait = flow.add("wait", Look(typed: true), after: [pay])
        flow.add("look", Look(typed: typed), after: [wait])
        let handle = try await client.enqueue(flow)
        let outputs = fixture.queues.base(QueueName("workflow.\(handle.id)")) + ":outputs"
        let queues = fixture.queues
        let worker = worker()
        worker.handle(Look.self) { (job, context) -> String in
            if context.workflow?.node == "wait" {
                #expect(await look(context, typed: true) == "charged 4111")
                _ = try await queues.command("HSET", outputs, "pay", #""charged nothing""#)
                return "stripped"
            }
            return await look(context, typed: job.typed)
        }
        try await fixture.running(worker) { _ = try await handle.wait(timeout: .seconds(300)) }
        #expect(errors.all == ["undecryptable"])
        let plain: String = try await handle.output(of: "pay")
        #expect(plain == "charged nothing", "who does not say of which kind it is takes what is there")
        let error = await #expect(throws: SluiceError.self) { try await handle.output(of: "pay", from: Pay.self) }
        #expect(error?.code == .undecryptable)
    }

    @Test(arguments: [Unique.Conflict.replaceArguments, .runAgain])
    func uniqueJobsThatTakeTheArgumentsOfOthersRun(_ conflict: Unique.Conflict) async throws {
        func enqueue(_ card: String) async throws -> Enqueued<Pay> {
            try await client.enqueue(Pay(card: card)) { $0.unique = .whileLive(by: .key("order-7"), onConflict: conflict) }
        }
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let worker = fixture.worker(client: client)
        worker.handle(Pay.self) { [seen] (job, _) -> String in
            seen.add(job.card)
            if seen.all.count == 1 { for await _ in gate { break } }
            return job.card
        }
        _ = try await enqueue("first")
        _ = try await enqueue("second")
        #expect(try await !"\(fixture.queues.dump())".contains("order-7"))
        try await fixture.running(worker) {
            await seen.happened.wait(for: 1)
            _ = try await enqueue("third")
            open.yield()
            #expect(await fixture.count(.completed, is: 2))
        }
        #expect(seen.all == (conflict == .replaceArguments ? ["second", "third"] : ["first", "first"]))
        #expect(try await fixture.leftovers() == [])
    }

    @Test func callbacksOfABatchAndWhatARunEnqueuesOpen() async throws {
        let worker = fixture.worker(client: client)
        worker.handle(Pay.self) { [seen] (job, context) -> String in
            seen.add(job.card)
            if job.card == "member" { try context.enqueue(Pay(card: "child")) }
            return job.card
        }
        let batch = try await client.openBatch("order", on: [.exhausted: try JobRequest(Pay(card: "callback"))])
        try await batch.add([Pay(card: "member")])
        try await batch.seal()
        let after = try await client.enqueue(Pay(card: "parent"))
        var request = try JobRequest(Pay(card: "follower"))
        request.after = FollowUp(JobHandle(after.id, in: "work"))
        _ = try await client.enqueue(request)
        let bulk = [Pay(card: "bulk"), Pay(card: "bulk")]
        _ = try await client.enqueue(bulk)
        let stream = AsyncStream<Pay> { stream in
            stream.yield(Pay(card: "stream"))
            stream.finish()
        }
        _ = try await client.enqueue(stream)
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 8)) }
        #expect(seen.all.sorted() == ["bulk", "bulk", "callback", "child", "follower", "member", "parent", "stream"])
    }

    @Test func aClientThatRequiresEncryptionNeitherWritesNorRunsAnythingElse() async throws {
        let strict = try await fixture.client { options in
            options.keys = client.options.keys
            options.requiresEncryption = true
        }
        let error = await #expect(throws: SluiceError.self) { try await strict.enqueue(Numbered()) }
        #expect(error?.code == .invalidArgument && error?.message.contains("requires that all are") == true)
        let plain = try await fixture.enqueue(1)
        let sealed = try await strict.enqueue(Pay(card: "4111"))
        let worker = fixture.worker(client: strict)
        worker.handleOthers { [seen] arguments, _ in
            seen.add(String(decoding: arguments, as: UTF8.self))
            return .completed(JSONOutput(text: nil))
        }
        try await fixture.running(worker) {
            #expect(await fixture.becomes(sealed.id, .completed))
            #expect(await waits(plain, since: "is not encrypted"))
        }
        #expect(seen.all == [#"{"card":"4111"}"#])
    }
}
