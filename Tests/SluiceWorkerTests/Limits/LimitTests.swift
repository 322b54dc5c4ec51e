import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import Synchronization
import TestSupport
import Testing

/// Limits kept to by workers with real handlers.
@Suite(.timeLimit(.minutes(10)))
struct LimitTests {
    /// How many run at once, in all and by account.
    private final class Gauge: Sendable {
        private struct State {
            var now: [String: Int] = [:]
            var most: [String: Int] = [:]
        }

        private let state = Mutex(State())

        func enter(_ names: [String]) {
            state.withLock { state in
                for name in names {
                    state.now[name, default: 0] += 1
                    state.most[name] = max(state.most[name, default: 0], state.now[name, default: 0])
                }
            }
        }

        func leave(_ names: [String]) {
            state.withLock { state in for name in names { state.now[name, default: 0] -= 1 } }
        }

        var most: [String: Int] { state.withLock { $0.most } }
    }

    @Test(arguments: Queue.AckMode.allCases)
    func twoWorkersNeverExceedWhatTheyDeclare(ack: Queue.AckMode) async throws {
        let fixture = try await Fixture(.server)
        let limits: [Limit] = [.concurrency(5), .concurrency(2, partition: "account")]
        let gauge = Gauge()
        let started = Recorder<Int>()
        let workers = [fixture.worker(20, ack: ack, limits: limits), fixture.worker(20, ack: ack, limits: limits)]
        for worker in workers {
            worker.handle(Numbered.self) { job, context in
                let names = ["all", "account \(context.partitions.values["account"] ?? "")"]
                gauge.enter(names)
                started.add(job.number)
                // The first ones hold their places until all five are taken.
                await started.happened.wait(for: 5)
                for _ in 0..<20 { await Task.yield() }
                gauge.leave(names)
                return job.number
            }
        }
        try await fixture.client.enqueue(
            (0..<200).map { number in
                var request = try JobRequest(Numbered(number: number))
                request.partitions = ["account": "\(number % 4)"]
                return request
            })
        try await fixture.running(workers[0], workers[1]) { #expect(await fixture.count(.completed, is: 200)) }
        #expect(started.all.sorted() == Array(0..<200))
        #expect(gauge.most["all"] == 5)
        // Five at a time are two of some account; of which is up to the machine.
        #expect(gauge.most.filter { $0.key != "all" }.values.max() == 2)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aRateHoldsInEveryWindow() async throws {
        let fixture = try await Fixture()
        let limit = Limit.rate(3, per: .seconds(10), margin: .milliseconds(100))
        let worker = fixture.worker(20, limits: [limit])
        let started = Recorder<Int>()
        worker.handle(Numbered.self) { job, _ in
            started.add(job.number)
            return job.number
        }
        try await fixture.client.enqueue((0..<10).map { Numbered(number: $0) })
        try await fixture.running(worker) {
            for round in 1...3 {
                #expect(await fixture.count(.completed, is: 3 * round))
                try await fixture.queues.advance(by: .milliseconds(10_099))
                // Nothing starts before its time, though somebody looks.
                _ = try await fixture.inspector.status(of: fixture.queue)
                #expect(started.all.count == 3 * round)
                // A claim counts until the end of the step that it falls into, of a thousandth of the window.
                try await fixture.queues.advance(by: .milliseconds(12))
            }
            #expect(await fixture.count(.completed, is: 10))
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func jobsOfNoLaneAreUntouchedByLimitsOfPartitions() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(
            20, limits: [.concurrency(1, partition: "account"), .rate(1, per: .seconds(60), partition: "account")])
        let started = Occurrences()
        worker.handle(Numbered.self) { job, _ in
            started.add()
            await started.wait(for: 10)
            return job.number
        }
        try await fixture.client.enqueue((0..<10).map { Numbered(number: $0) })
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 10)) }
    }

    @Test(arguments: [
        ["account": String(repeating: "x", count: 10_240)], ["account": "\u{0}\u{1}\n\"\\&=%~ü👩‍👩‍👧"], ["account": ""],
        Dictionary(uniqueKeysWithValues: (10..<30).map { ("n\($0)", "v \($0)") }),
    ])
    func hostilePartitionsAreLimitedLikeOthers(values: [String: String]) async throws {
        let fixture = try await Fixture()
        let names = values.keys.sorted()
        let worker = fixture.worker(8, limits: names.map { .concurrency(1, partition: $0) })
        let gauge = Gauge()
        let seen = Recorder<Partitions>()
        worker.handle(Numbered.self) { job, context in
            gauge.enter(["all"])
            seen.add(context.partitions)
            for _ in 0..<20 { await Task.yield() }
            gauge.leave(["all"])
            return job.number
        }
        try await fixture.running(worker) {
            for number in 0..<20 { _ = try await fixture.enqueue(number) { $0.partitions = Partitions(values) } }
            #expect(await fixture.count(.completed, is: 20))
        }
        #expect(gauge.most == ["all": 1])
        #expect(Set(seen.all) == [Partitions(values)])
        #expect(try await fixture.leftovers() == [])
    }
}
