import Crypto
import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// What recurs and is encrypted.
@Suite(.timeLimit(.minutes(10)))
struct CronPayloadTests {
    private struct Pay: Job {
        static let kind = "pay"
        static let options = JobOptions(queue: "work", keepsResult: true, isEncrypted: true, redacted: ["cvc"])
        typealias Output = String
        var card: String
        var cvc = "c-v-c"
    }

    private static let secret = "4111-1111-1111-1111"
    private let fixture: Fixture
    private let key = SymmetricKey(data: [UInt8](repeating: 1, count: 32))
    private let cron = Cron("pay", schedule: "*/10 * * * *", job: Pay(card: secret))

    init() async throws { fixture = try await Fixture() }

    private func client(_ current: String) async throws -> SluiceClient {
        try await fixture.client { options in
            options.keys = try PayloadKeys(current: current, keys: [current: key], index: key)
        }
    }

    /// Whether something that Redis holds contains the text.
    private func isStored(_ text: String) async throws -> Bool { "\(try await fixture.queues.dump())".contains(text) }

    private func id(_ seconds: Int) -> JobID {
        let date = Date(timeIntervalSince1970: Double(fixture.queues.start / 1000 + seconds))
        return JobID(known: "cron:pay:" + date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted)))
    }

    /// The entry as an inspector with some keys shows it.
    private func entry(to keys: PayloadKeys?) async throws -> CronStatus? {
        try await Inspector(fixture.queues.store, keys: keys).cron(of: fixture.queue).first
    }

    private func worker(_ client: SluiceClient, cron: [Cron], _ seen: Recorder<String>) -> Worker {
        let options = WorkerOptions(lease: .seconds(7200), grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8)
        let worker = Worker(
            client, queues: [Queue(fixture.queue, cron: cron)], options: options, logger: Logger(label: "sluice.worker"))
        worker.handle(Pay.self) { job, _ in
            seen.add(job.card)
            return "charged \(job.card)"
        }
        return worker
    }

    @Test func whatCodeDeclaresOfAnEncryptedKindIsNowhereInTheClear() async throws {
        let client = try await client("first")
        let seen = Recorder<String>()
        try await fixture.running(worker(client, cron: [cron], seen), worker(client, cron: [cron], seen)) {
            #expect(
                await fixture.queues.eventually(in: fixture.queue) {
                    try await fixture.inspector.status(of: fixture.queue).workers == 2
                })
            for tick in [600, 1200] {
                try await fixture.queues.advance(by: .seconds(600))
                #expect(await fixture.becomes(id(tick), .completed))
                #expect(try await !isStored(Self.secret))
            }
        }
        #expect(seen.all == [Self.secret, Self.secret])
        #expect(try await isStored("cron:pay:"), "what is looked through")
        #expect(try await client.result(of: Enqueued(Pay.self, id: id(600))) == "charged \(Self.secret)")
        // All who declare it come to the same text.
        #expect(try await client.crontab(of: fixture.queue).put(cron, deploy: 0) == .same)
    }

    @Test func peopleSeeArgumentsWithTheirKeyAndRedactedFieldsNever() async throws {
        let client = try await client("first")
        try await client.crontab(of: fixture.queue).add(cron)
        let open = try #require(try await entry(to: client.options.keys))
        #expect(open.arguments.contains(Self.secret) && open.arguments.contains(#""cvc":"[redacted]""#) && open.key == "first")
        for keys in [nil, try await self.client("second").options.keys] {
            let closed = try #require(try await entry(to: keys))
            #expect(closed.arguments == #""[encrypted with key first]""# && closed.key == "first")
        }
        try await client.crontab(of: fixture.queue).run("pay")
        #expect(try await !isStored(Self.secret))
        #expect(try await !isStored("c-v-c"))
        #expect(try await fixture.inspector.cronKeys(of: fixture.queue) == ["first": 1])
    }

    @Test func withoutKeysNothingGoesInInTheClear() async throws {
        let added = await #expect(throws: SluiceError.self) {
            try await fixture.client.crontab(of: fixture.queue).add(cron)
        }
        #expect(added?.code == .invalidArgument && added?.message.contains("no keys") == true)
        let declared = await #expect(throws: SluiceError.self) {
            try await worker(fixture.client, cron: [cron], Recorder()).run()
        }
        #expect(declared?.code == .invalidArgument && declared?.message.contains("no keys") == true)
        #expect(try await !isStored(Self.secret))
    }

    @Test func theJobOfATickWaitsForAWorkerWithItsKeyAndSaysWhich() async throws {
        let seen = Recorder<String>()
        try await client("first").crontab(of: fixture.queue).add(cron)
        for (client, why) in [
            (fixture.client, "encrypted with key 'first', and there are no keys"),
            (try await client("second"), "encrypted with key 'first', and there is only 'second'"),
        ] {
            try await fixture.running(worker(client, cron: [], seen)) {
                // The tick; for the second worker, the time at which the job is tried again.
                try await fixture.queues.advance(by: .seconds(600))
                #expect(
                    await fixture.queues.eventually(in: fixture.queue) {
                        try await fixture.details(id(600))?.failures.last?.message.contains(why) == true
                    })
            }
        }
        #expect(seen.all.isEmpty)
        try await fixture.running(worker(try await client("first"), cron: [], seen)) {
            try await fixture.queues.advance(by: .seconds(600))
            #expect(await fixture.becomes(id(600), .completed))
        }
        #expect(seen.all.contains(Self.secret))
    }
}
