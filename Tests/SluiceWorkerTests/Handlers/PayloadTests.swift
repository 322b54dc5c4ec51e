import Crypto
import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Encryption, versions and redaction of what jobs carry, from the producer to the operator.
@Suite(.timeLimit(.minutes(10)))
struct PayloadTests {
    private struct Pay: Job {
        static let kind = "pay"
        static let options = JobOptions(
            queue: "work", maxAttempts: 3, retry: .fixed(.seconds(10)), keepsResult: true, isEncrypted: true)
        struct Output: Codable, Equatable, Sendable { var receipt: String }
        var card: String
    }

    private struct Masked: Job {
        static let kind = "masked"
        static let options = JobOptions(
            queue: "work", maxAttempts: 2, retry: .fixed(.seconds(10)), keepsResult: true, redacted: ["card"])
        struct Output: Codable, Sendable { var card: String; var amount: Int }
        var card: String
        var amount = 5
    }

    /// The third version of a kind, whose first had an address and whose second had no width.
    private struct Resize: Job {
        static let kind = "resize"
        static let options = JobOptions(queue: "work", maxAttempts: 2, retry: .fixed(.seconds(10)))
        static let version = 3
        var url: String
        var width: Int

        private struct First: Decodable { var address: String }
        private struct Second: Decodable { var url: String }

        static func migrate(_ arguments: Data, from version: Int) throws -> Resize {
            switch version {
            case 1: Resize(url: try JSONDecoder().decode(First.self, from: arguments).address, width: 100)
            case 2: Resize(url: try JSONDecoder().decode(Second.self, from: arguments).url, width: 100)
            default: throw Failure()
            }
        }
    }

    private static let secret = "4111-1111-1111-1111"
    private let fixture: Fixture
    private let old = SymmetricKey(data: [UInt8](repeating: 1, count: 32))
    private let new = SymmetricKey(data: [UInt8](repeating: 2, count: 32))

    init() async throws { fixture = try await Fixture() }

    private func client(_ current: String? = nil, _ keys: [String: SymmetricKey] = [:]) async throws -> SluiceClient {
        try await fixture.client { options in
            if let current { options.keys = try PayloadKeys(current: current, keys: keys, index: old) }
        }
    }

    /// Whether something that Redis holds contains the text.
    private func isStored(_ text: String) async throws -> Bool {
        let dump = try await fixture.queues.dump()
        return "\(dump)".contains(text)
    }

    @Test func nothingInRedisTellsWhatIsEncrypted() async throws {
        let client = try await client("2026", ["2026": new])
        let seen = Recorder<String>()
        let told = Recorder<String>()
        let worker = fixture.worker(client: client)
        worker.handle(Pay.self) { (job, context) -> Pay.Output in
            seen.add(job.card)
            let token = try await context.once("charge") { _ in "charged \(job.card)" }
            if context.attempt == 1 { throw Failure() }
            return Pay.Output(receipt: token)
        }
        worker.afterProcess { job in told.add(String(decoding: job.output ?? [], as: UTF8.self)) }
        let job = try await client.enqueue(Pay(card: Self.secret))
        try await fixture.running(worker) {
            #expect(await fixture.fails(job.id, times: 1))
            #expect(try await !isStored(Self.secret))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await fixture.becomes(job.id, .completed))
            await told.happened.wait(for: 2)
        }
        #expect(seen.all == [Self.secret, Self.secret])
        // In the process, the output is in the clear.
        #expect(told.all == ["", #"{"receipt":"charged 4111-1111-1111-1111"}"#])
        #expect(try await !isStored(Self.secret))
        #expect(try await client.result(of: job).receipt == "charged \(Self.secret)")
        let error = await #expect(throws: SluiceError.self) { try await fixture.client.result(of: job) }
        #expect(error?.code == .undecryptable)
        let details = try #require(try await fixture.details(job.id))
        #expect(details.arguments == #""[encrypted with key 2026]""# && details.result == details.arguments)
        let open = Inspector(fixture.queues.store, keys: client.options.keys)
        let shown = try #require(try await open.job(job.id, in: fixture.queue))
        #expect(shown.arguments == #"{"card":"4111-1111-1111-1111"}"#)
        #expect(shown.result == #"{"receipt":"charged 4111-1111-1111-1111"}"#)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func withoutKeysNothingIsEnqueuedInTheClear() async throws {
        let error = await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(Pay(card: Self.secret)) }
        #expect(error?.code == .invalidArgument && error?.message.contains("keys") == true)
        #expect(try await !isStored(Self.secret))
    }

    @Test func jobsOfAKeyThatAWorkerLacksWaitAndSayWhy() async throws {
        let before = try await client("old", ["old": old])
        let job = try await before.enqueue(Pay(card: Self.secret))
        // One has retired the key too early, one has another key under its name, one has none.
        for (client, why) in [
            (try await client("new", ["new": new]), "encrypted with key 'old', and there is only 'new'"),
            (try await client("old", ["old": new]), "it does not open with key 'old'"),
            (fixture.client, "encrypted with key 'old', and there are no keys"),
        ] {
            let log = LogRecorder()
            let worker = fixture.worker(client: client, log: log)
            worker.handle(Pay.self) { (_, _) -> Pay.Output in
                Issue.record("it cannot be read")
                throw Failure()
            }
            try await fixture.running(worker) {
                #expect(
                    await fixture.queues.eventually(in: "work") {
                        try await fixture.details(job.id)?.failures.last?.message.contains(why) == true
                    })
                let details = try #require(try await fixture.details(job.id))
                #expect(details.attempts == 0 && details.state == .scheduled)
                let count = details.failures.count
                try await fixture.queues.advance(by: .seconds(300))
                #expect(
                    await fixture.queues.eventually(in: "work") { try await fixture.details(job.id)?.waits == details.waits + 1 })
                // Waiting on for the same reason is told once.
                #expect(try await fixture.details(job.id)?.failures.count == count)
            }
            #expect(log.all.contains("a job cannot be read here: it waits"))
            try await fixture.queues.advance(by: .seconds(300))
        }
        let after = try await client("new", ["old": old, "new": new])
        let worker = fixture.worker(client: after)
        worker.handle(Pay.self) { (job, _) -> Pay.Output in Pay.Output(receipt: job.card) }
        try await fixture.running(worker) { #expect(await fixture.becomes(job.id, .completed)) }
        #expect(try await after.result(of: job).receipt == Self.secret)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func outputsOfEncryptedNodesReachThoseAfterThem() async throws {
        let client = try await client("new", ["new": new])
        let worker = fixture.worker(client: client)
        let seen = Recorder<String>()
        worker.handle(Pay.self) { (job, context) -> Pay.Output in
            if job.card != Self.secret {
                let output: Pay.Output = try await context.output(of: "first")
                seen.add(output.receipt)
            }
            return Pay.Output(receipt: "paid with \(job.card)")
        }
        var flow = Workflow("payment")
        let first = flow.add("first", Pay(card: Self.secret))
        flow.add("second", Pay(card: "none"), after: [first])
        let handle = try await client.enqueue(flow)
        try await fixture.running(worker) {
            _ = try await handle.wait(timeout: .seconds(300))
        }
        #expect(seen.all == ["paid with \(Self.secret)"])
        #expect(try await !isStored(Self.secret))
        let output: Pay.Output = try await handle.output(of: "first")
        #expect(output.receipt == "paid with \(Self.secret)")
    }

    @Test func olderArgumentsAreMigratedAndNewerOnesLeftToOthers() async throws {
        let seen = Recorder<String>()
        let worker = fixture.worker(1)
        worker.handle(Resize.self) { job, context in seen.add("\(job.url) \(job.width) of \(context.version)") }
        func enqueue(_ arguments: String, version: Int) async throws -> JobID {
            var request = try JobRequest(kind: "resize", queue: "work", arguments: arguments)
            request.version = version
            return try await fixture.client.enqueue(request).id
        }
        let first = try await enqueue(#"{"address":"a"}"#, version: 1)
        let second = try await enqueue(#"{"url":"b"}"#, version: 2)
        let own = try await fixture.client.enqueue(Resize(url: "c", width: 7)).id
        let newer = try await enqueue(#"{"url":"d","size":[1,2]}"#, version: 4)
        let bad = try await enqueue(#"{"url":"e"}"#, version: 1)
        try await fixture.running(worker) {
            for id in [first, second, own] { #expect(await fixture.becomes(id, .completed)) }
            #expect(await fixture.becomes(newer, .scheduled))
            #expect(await fixture.becomes(bad, .retryable))
        }
        #expect(seen.all == ["a 100 of 1", "b 100 of 2", "c 7 of 3"])
        let details = try #require(try await fixture.details(newer))
        #expect(details.attempts == 0 && details.version == 4)
        #expect(details.failures.first?.message.contains("of version 4, and this worker reads up to version 3") == true)
    }

    @Test func redactedFieldsAreShownNowhere() async throws {
        let log = LogRecorder()
        let worker = fixture.worker(log: log)
        let told = Recorder<String>()
        worker.handle(Masked.self) { (job, context) -> Masked.Output in
            try await context.progress(0.5, note: "charging \(job.card)")
            if job.amount == 1 { throw JobInterruption.discard(reason: "\(job.card) is stolen") }
            if context.attempt == 1 { throw Wrong(text: "the bank refuses \(job.card)") }
            return Masked.Output(card: job.card, amount: job.amount)
        }
        worker.afterProcess { job in if let error = job.error { told.add(error) } }
        let job = try await fixture.client.enqueue(Masked(card: Self.secret))
        let stolen = try await fixture.client.enqueue(Masked(card: Self.secret, amount: 1))
        try await fixture.running(worker) {
            #expect(await fixture.fails(job.id, times: 1))
            #expect(await fixture.becomes(stolen.id, .discarded))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await fixture.becomes(job.id, .completed))
        }
        let details = try #require(try await fixture.details(job.id))
        #expect(
            details.arguments == #"{"card":"[redacted]","amount":5}"# || details.arguments == #"{"amount":5,"card":"[redacted]"}"#
        )
        #expect(details.result?.contains(Self.secret) == false && details.result?.contains("5") == true)
        #expect(details.failures.first?.message == "the bank refuses [redacted]")
        #expect(details.progress?.note == "charging [redacted]")
        #expect(try await fixture.details(stolen.id)?.failures.last?.message == "[redacted] is stolen")
        #expect(told.all.count == 2 && told.all.allSatisfy { !$0.contains(Self.secret) })
        let page = try await fixture.inspector.jobs(matching: JobFilter(queues: ["work"]))
        #expect(page.jobs.allSatisfy { !$0.arguments.contains(Self.secret) } && page.jobs.count == 2)
        // Redis has it: what nobody with access to Redis may read has to be encrypted.
        #expect(try await isStored(Self.secret))
    }

    @Test func nothingIsLeftOfAValueWhereALongErrorIsCut() async throws {
        let worker = fixture.worker()
        worker.handle(Masked.self) { (job, _) -> Masked.Output in
            throw Wrong(text: String(repeating: "-", count: 4096 - job.amount) + job.card)
        }
        var ids: [JobID] = []
        for amount in [1, 5, 18] { ids.append(try await fixture.client.enqueue(Masked(card: Self.secret, amount: amount)).id) }
        try await fixture.running(worker) {
            for id in ids {
                #expect(await fixture.fails(id, times: 1))
                let details = try await fixture.details(id)
                #expect(details?.failures.first?.message.contains("4111") == false)
            }
        }
    }

    private struct Part: Job {
        static let kind = "part"
        static let options = JobOptions(queue: "work", maxAttempts: 2, retry: .fixed(.seconds(10)), redacted: ["card"])
        var card: String
    }

    @Test func anErrorOfAChunkTellsNothingOfItsOtherMembers() async throws {
        let worker = fixture.worker(2)
        worker.handleChunk(Part.self, size: 2, within: .seconds(3600)) { chunk in
            throw Wrong(text: "no: " + chunk.members.map(\.job.card).sorted().joined(separator: ", "))
        }
        var ids: [JobID] = []
        for card in ["first-one", "second"] { ids.append(try await fixture.client.enqueue(Part(card: card)).id) }
        try await fixture.running(worker) {
            for id in ids {
                #expect(await fixture.fails(id, times: 1))
                let details = try await fixture.details(id)
                #expect(details?.failures.first?.message == "no: [redacted], [redacted]")
            }
        }
    }

    private struct Wrong: Error, CustomStringConvertible {
        var text: String
        var description: String { text }
    }
}
