import Hiredis
import Sluice
import SluiceCore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

private struct Note: Job {
    static let kind = "note"
    static let options = JobOptions(queue: "notes", maxAttempts: 3, retry: .fixed(.seconds(10)))
    var text = ""
    var host = "x"
    var partitions: Partitions { ["host": host] }
}

private struct Away: Error {}

/// A drain leaves what waits for the clock, says what that is, and never waits for it in real time.
@Suite(.timeLimit(.minutes(10)))
struct DrainWaitTests {
    private let queues: TestNamespace
    private let sluice: SluiceClient
    private let runs = Occurrences()

    init() async throws {
        queues = try await TestNamespace()
        sluice = try await queues.client()
    }

    private func worker(_ limits: [Limit], failing: Bool = false) -> Worker {
        let worker = Worker(sluice, queues: [Queue("notes", concurrency: 4, limits: limits)])
        worker.handle(Note.self) { [runs] _, _ in
            runs.add()
            if failing { throw DependencyUnavailable("host") }
        }
        return worker
    }

    private var ran: Int { runs.count }

    @Test func aRateTakesTheVirtualClock() async throws {
        let worker = worker([.rate(1, per: .seconds(20))])
        try await sluice.enqueue((0..<3).map { Note(text: "\($0)") })
        for run in 1...2 {
            let left = try await queues.drain(with: worker)
            #expect(ran == run)
            #expect(left.map(\.reason) == [.rate(gate: "*")])
            let until = try #require(left.first?.until)
            // A guard of three hundredths, and the grain of the window.
            #expect(until > .seconds(20) && until < .seconds(21))
            #expect(left.first?.description.contains("the rate of the queue") == true)
            // However often it is drained, the clock stands still.
            #expect(try await queues.drain(with: worker) == left)
            try await queues.advance(by: until)
        }
        #expect(try await queues.drain(with: worker) == [])
        #expect(ran == 3)
        await sluice.close()
    }

    @Test func aRateOfAPartitionDoesTheSame() async throws {
        let worker = worker([.rate(1, per: .seconds(20), partition: "host")])
        try await sluice.enqueue([Note(), Note(), Note(host: "y")])
        let left = try await queues.drain(with: worker)
        #expect(ran == 2)
        #expect(left.map(\.reason) == [.rate(gate: "host=x")])
        try await queues.advance(by: .seconds(21))
        #expect(try await queues.drain(with: worker) == [])
        await sluice.close()
    }

    @Test func anOpenBreakerIsOpenUntilTheClockIsMoved() async throws {
        let worker = worker(
            [.breaker(partition: "host", opensAfter: 1, within: .seconds(30), coolsFor: .seconds(20))], failing: true)
        try await sluice.enqueue(Note())
        var left = try await queues.drain(with: worker)
        #expect(left == [WaitingJobs(queue: "notes", reason: .due, until: .seconds(20))])
        try await sluice.enqueue(Note())
        left = try await queues.drain(with: worker)
        #expect(left.map(\.reason) == [.due, .breaker(gate: "host=x")])
        #expect(left.allSatisfy { $0.until == .seconds(20) })
        #expect(ran == 1)
        await sluice.close()
    }

    @Test func aSwitchedOffDependencyAndAPauseAreNamed() async throws {
        let worker = worker([])
        var request = try JobRequest(Note())
        request.needs = ["smtp"]
        try await sluice.enqueue(request)
        _ = try await queues.command("FCALL", "sluice_switch", "1", "\(queues.namespace):{notes}", "smtp", "off")
        #expect(try await queues.drain(with: worker) == [WaitingJobs(queue: "notes", reason: .dependency(name: "smtp"))])
        _ = try await queues.command("FCALL", "sluice_pause", "1", "\(queues.namespace):{notes}")
        #expect(try await queues.drain(with: worker) == [WaitingJobs(queue: "notes", reason: .pause)])
        await sluice.close()
    }

    @Test func whatExpiresGoesWhenTheClockIsMovedAndNotBefore() async throws {
        let worker = worker([.rate(1, per: .milliseconds(10))])
        try await sluice.enqueue([Note(), Note()])
        try await queues.drain(with: worker)
        // It would have expired in a second of real time.
        let key = "\(queues.namespace):{notes}:rate:*"
        #expect(try await queues.command("PTTL", key).root.integer == -1)
        try await queues.advance(by: .seconds(2))
        #expect(try await queues.command("EXISTS", key).root.integer == 0)
        await sluice.close()
    }
}
