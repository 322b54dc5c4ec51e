import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import Synchronization
import TestSupport
import Testing

/// A job that depends on something outside.
struct Film: Job {
    static let kind = "film"
    static let options = JobOptions(
        queue: "work", maxAttempts: 2, retry: .fixed(.seconds(10)), needs: ["tmdb", Dependency("imdb", whenOff: .runWithout)])
    var number = 0
}

/// Whether the dependency is there, as tests wish.
private final class Outage: Sendable {
    private let isOver = Mutex(false)
    func end() { isOver.withLock { $0 = true } }
    var lasts: Bool { isOver.withLock { !$0 } }
}

private struct Unreachable: Error {}

/// What jobs depend on fails, is switched off and comes back: handlers in a worker, time in the test's hands.
@Suite(.timeLimit(.minutes(10)))
struct DependencyTests {
    private func items(_ fixture: Fixture) async throws -> [Dependencies.Item] {
        try await fixture.queues.store.call(Dependencies(), on: fixture.queue)
    }

    private func turn(_ dependency: String, isOn: Bool, _ fixture: Fixture) async throws {
        #expect(try await fixture.queues.store.call(Switch(dependency, isOn: isOn, mayBeNew: true), on: fixture.queue))
    }

    @Test func anOutageSpendsNoAttemptAndEndsByItself() async throws {
        let fixture = try await Fixture()
        let outage = Outage()
        let worker = fixture.worker(4)
        let attempts = Recorder<Int>()
        worker.handle(Film.self) { _, context in
            attempts.add(context.attempt)
            if outage.lasts { throw DependencyUnavailable("tmdb") }
        }
        try await fixture.running(worker) {
            try await fixture.client.enqueue((0..<30).map { Film(number: $0) })
            // It opens after five failures; at most the other places were taken meanwhile.
            #expect(
                await fixture.queues.eventually(in: fixture.queue) {
                    try await items(fixture).contains { $0.name == "tmdb" && $0.breaker == .open && $0.running == 0 }
                })
            let failures = attempts.all.count
            #expect((5...8).contains(failures), "\(failures)")
            // One at a time tries, and finds it down.
            for probe in 1...3 {
                try await fixture.queues.advance(by: .seconds(20))
                await attempts.happened.wait(for: failures + probe)
                #expect(
                    await fixture.queues.eventually(in: fixture.queue) {
                        try await items(fixture).contains { $0.name == "tmdb" && $0.breaker == .open && $0.running == 0 }
                    })
                #expect(attempts.all.count == failures + probe)
            }
            outage.end()
            try await fixture.queues.advance(by: .seconds(300))
            #expect(await fixture.count(.completed, is: 30))
        }
        #expect(Set(attempts.all) == [1])
        #expect(try await fixture.total("discarded") == 0)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func anAPIThatHangsOpensItsBreaker() async throws {
        let fixture = try await Fixture()
        let outage = Outage()
        // Nobody is given up on, however slow the machine is.
        let options = WorkerOptions(lease: .seconds(7200), grace: .zero, cancellationGrace: .seconds(300), maxThreads: 8)
        let worker = Worker(fixture.client, queues: [Queue("work", concurrency: 4)], options: options)
        let attempts = Recorder<Int>()
        let cut = Occurrences()
        worker.handle(Film.self) { _, context in
            attempts.add(context.attempt)
            if !outage.lasts { return }
            // As a call does that heeds cancellation.
            await never(then: cut)
            throw DependencyUnavailable("tmdb", reason: "no answer")
        }
        try await fixture.running(worker) {
            let requests = try (0..<30).map { number in
                var request = try JobRequest(Film(number: number))
                request.timeout = .milliseconds(20)
                return request
            }
            try await fixture.client.enqueue(requests)
            #expect(
                await fixture.queues.eventually(in: fixture.queue) {
                    try await items(fixture).contains { $0.name == "tmdb" && $0.breaker == .open && $0.running == 0 }
                })
            #expect((5...8).contains(cut.count), "\(cut.count)")
            outage.end()
            try await fixture.queues.advance(by: .seconds(300))
            #expect(await fixture.count(.completed, is: 30))
        }
        #expect(Set(attempts.all) == [1])
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aJobThatHangsByItselfSpendsItsAttempts() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1) { DependencyFailures("tmdb") { _ in true } }
        let attempts = Recorder<Int>()
        worker.handle(Film.self) { _, context in
            attempts.add(context.attempt)
            await Occurrences().wait(for: .max)
            try Task.checkCancellation()
        }
        try await fixture.running(worker) {
            var request = try JobRequest(Film())
            request.timeout = .milliseconds(20)
            let id = try await fixture.client.enqueue(request).id
            #expect(await fixture.becomes(id, .retryable))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await fixture.becomes(id, .discarded))
        }
        #expect(attempts.all == [1, 2])
    }

    @Test func anAskedForWaitOpensTheBreakerAtOnce() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let attempts = Recorder<Int>()
        worker.handle(Film.self) { job, _ in
            attempts.add(job.number)
            if attempts.all.count == 1 { throw DependencyUnavailable("tmdb", retryAfter: .seconds(100)) }
        }
        try await fixture.running(worker) {
            try await fixture.client.enqueue((0..<3).map { Film(number: $0) })
            #expect(await fixture.count(.scheduled, is: 1))
            #expect(try await items(fixture).first { $0.name == "tmdb" }?.breaker == .open)
            try await fixture.queues.advance(by: .milliseconds(99_999))
            #expect(attempts.all == [0])
            try await fixture.queues.advance(by: .milliseconds(1))
            #expect(await fixture.count(.completed, is: 3))
        }
        #expect(attempts.all.count == 4)
    }

    @Test func waitsBeyondTheirBoundEndTheJob() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let attempts = Recorder<Int>()
        worker.handle(Film.self) { _, context in
            attempts.add(context.attempt)
            throw DependencyUnavailable("nobody's name", reason: "gone")
        }
        try await fixture.running(worker) {
            var request = try JobRequest(Film())
            request.maxWaits = 2
            let id = try await fixture.client.enqueue(request).id
            for run in 1...2 {
                await attempts.happened.wait(for: run)
                #expect(await fixture.becomes(id, .scheduled))
                try await fixture.queues.advance(by: .seconds(10))
            }
            #expect(await fixture.becomes(id, .discarded))
            let failures = try await fixture.details(id)?.failures.map(\.message) ?? []
            #expect(failures.last?.contains("nobody's name is unavailable: gone") == true, "\(failures)")
        }
        #expect(attempts.all == [1, 1, 1])
    }

    @Test func whatIsOffIsWaitedForOrDoneWithout() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let seen = Recorder<String>()
        worker.handle(Film.self) { job, context in
            let there = ["tmdb", "imdb", "other"].filter { context.isAvailable($0) }
            seen.add("\(job.number) with \(there.joined(separator: ", "))")
        }
        try await fixture.running(worker) {
            try await turn("imdb", isOn: false, fixture)
            try await fixture.client.enqueue(Film(number: 1))
            #expect(await fixture.count(.completed, is: 1))
            try await turn("tmdb", isOn: false, fixture)
            let id = try await fixture.client.enqueue(Film(number: 2)).id
            let other = try await fixture.enqueue(3)
            // A kind that nobody handles here has been looked at, so the worker has claimed since.
            #expect(await fixture.becomes(other, .scheduled))
            #expect(try await fixture.state(id) == .available)
            try await turn("imdb", isOn: true, fixture)
            try await turn("tmdb", isOn: true, fixture)
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(seen.all == ["1 with tmdb, other", "2 with tmdb, imdb, other"])
        #expect(try await items(fixture).allSatisfy(\.isOn))
    }

    @Test func whatIsOffForAllIsOffForAQueueThatIsNew() async throws {
        let fixture = try await Fixture()
        try await fixture.queues.store.note("tmdb", isOn: false)
        let log = LogRecorder()
        let worker = fixture.worker(log: log)
        worker.handle(Film.self) { _, _ in }
        worker.handle(Numbered.self) { job, _ in job.number }
        let id = try await fixture.client.enqueue(Film()).id
        try await fixture.running(worker) {
            let other = try await fixture.enqueue()
            #expect(await fixture.becomes(other, .completed))
            #expect(try await fixture.state(id) == .available)
            try await fixture.queues.store.note("tmdb", isOn: true)
            try await turn("tmdb", isOn: true, fixture)
            #expect(await fixture.becomes(id, .completed))
        }
    }

    @Test func middlewareTellsTheFailuresOfADependencyFromThoseOfTheJob() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1) {
            DependencyFailures("tmdb") { $0 is Unreachable || $0 is Throttled || $0 is JobInterruption }
        }
        worker.handle(Film.self) { job, _ in
            switch job.number {
            case 0: throw Unreachable()
            case 1: throw Failure()
            case 2: throw JobInterruption.discard(reason: "no sense")
            default: throw Throttled(retryAfter: .seconds(50))
            }
        }
        let told = Recorder<ProcessedJob>()
        worker.afterProcess { told.add($0) }
        try await fixture.running(worker) {
            for number in 0..<4 {
                try await fixture.client.enqueue(Film(number: number))
                await told.happened.wait(for: number + 1)
            }
            #expect(await fixture.count(.scheduled, is: 2))
        }
        #expect(told.all.map(\.state) == [.scheduled, .retryable, .discarded, .scheduled])
        #expect(told.all[0].error?.contains("tmdb is unavailable: Unreachable()") == true)
        let gates = try await fixture.queues.store.call(Limits(gate: "tmdb"), on: fixture.queue).gates
        #expect(gates.map(\.breaker) == [.open])
    }
}
