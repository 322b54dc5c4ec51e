import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// A step of a chain.
private struct Step: Job {
    static let kind = "step"
    static let options = JobOptions(queue: "work", retry: .fixed(.milliseconds(1)))
    var key: String
    var number: Int
    var onDiscarded = Chain.OnDiscarded.continue
    var chain: Chain? { Chain(key, onDiscarded: onDiscarded) }

    init(_ key: String, _ number: Int, onDiscarded: Chain.OnDiscarded = .continue) {
        self.key = key
        self.number = number
        self.onDiscarded = onDiscarded
    }

    private enum CodingKeys: CodingKey { case key, number }

    struct Failed: Error {}
}

/// Chains kept to by workers with real handlers.
@Suite(.timeLimit(.minutes(10)))
struct ChainTests {
    /// What a handler did.
    private struct Entry: Sendable {
        enum Event { case start, failure, success }

        var key: String
        var number: Int
        var event: Event
    }

    /// Two workers, twenty thousand jobs, a seventh of the runs fails or asks for more time: each chain is a sequence of runs,
    /// one at a time, and a job only when the one before has succeeded.
    @Test func aThousandChainsRunStrictlyInOrder() async throws {
        let (chains, length) = (1000, 20)
        let fixture = try await Fixture(.server)
        let log = Recorder<Entry>()
        let quiet = LogRecorder()
        let workers = [fixture.worker(200, log: quiet), fixture.worker(200, log: quiet)]
        for worker in workers {
            worker.handle(Step.self) { job, context in
                #expect(context.chain == Chain(job.key))
                log.add(Entry(key: job.key, number: job.number, event: .start))
                await Task.yield()
                let chance = Int.random(in: 0..<14)
                if chance == 0 {
                    log.add(Entry(key: job.key, number: job.number, event: .failure))
                    throw Step.Failed()
                }
                log.add(Entry(key: job.key, number: job.number, event: chance == 1 ? .failure : .success))
                return chance == 1 ? .snooze(for: .milliseconds(1)) : .completed(NoOutput())
            }
        }
        for first in stride(from: 0, to: length, by: 5) {
            try await fixture.client.enqueue(
                (first..<first + 5).flatMap { number in (0..<chains).map { Step("\($0)", number) } })
        }
        try await fixture.running(workers[0], workers[1]) {
            let isDone = await fixture.queues.eventually(in: fixture.queue, within: .seconds(240)) {
                try await fixture.total("completed") == chains * length
            }
            let states = try await fixture.inspector.status(of: fixture.queue).states
            #expect(isDone, "\(states)")
        }
        let entries = Dictionary(grouping: log.all, by: \.key)
        #expect(entries.count == chains)
        #expect(log.all.contains { $0.event == .failure })
        for (key, own) in entries { #expect(isInOrder(own, length), "\(key): \(own)") }
        #expect(try await fixture.leftovers() == [])
        let columns = try await fixture.queues.dump().keys.filter { $0.hasSuffix(":place") || $0.hasSuffix(":run") }
        #expect(columns == [])
    }

    private func isInOrder(_ entries: [Entry], _ length: Int) -> Bool {
        var next = 0
        var isRunning = false
        for entry in entries {
            guard entry.number == next, isRunning == (entry.event != .start) else { return false }
            isRunning = entry.event == .start
            if entry.event == .success { next += 1 }
        }
        return next == length && !isRunning
    }

    @Test(arguments: Chain.OnDiscarded.allCases)
    func aDiscardedJobHoldsItsChainIfItIsTo(_ onDiscarded: Chain.OnDiscarded) async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let started = Recorder<Int>()
        worker.handle(Step.self) { job, context in
            #expect(context.chain == Chain("k", onDiscarded: onDiscarded))
            started.add(job.number)
            return job.number == 0 && started.all.count == 1 ? .discard(reason: "no") : .completed(NoOutput())
        }
        var ids: [JobID] = []
        for number in 0..<3 {
            ids.append(try await fixture.client.enqueue(Step("k", number, onDiscarded: onDiscarded)).id)
        }
        let first = try #require(ids.first)
        try await fixture.running(worker) {
            #expect(await fixture.becomes(first, .discarded))
            if onDiscarded == .continue { return #expect(await fixture.count(.completed, is: 2)) }
            let reasons = try await fixture.inspector.explain(ids[1], in: fixture.queue)?.reasons ?? []
            guard case .chain(let gate, let holder)? = reasons.first else { return #expect(reasons == []) }
            #expect(gate == "chain=k" && holder.id == first && holder.state == .discarded)
            #expect(holder.endedAt != nil && holder.worker != nil)
            #expect(started.all == [0])
            #expect(
                try await fixture.inspector.change(.retry, ids: [first], in: fixture.queue).map(\.result) == [.now(.available)])
            #expect(await fixture.count(.completed, is: 3))
        }
        #expect(started.all == (onDiscarded == .hold ? [0, 0, 1, 2] : [0, 1, 2]))
        #expect(try await fixture.leftovers() == [])
    }

    /// A job that waits to be tried again still tells when it was enqueued, and who ran it.
    @Test func aWaitingHolderIsToldOf() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Step.self) { _, _ in .retry(after: .seconds(60)) }
        let id = try await fixture.client.enqueue(Step("k", 0, onDiscarded: .hold)).id
        let before = try await fixture.details(id)
        try await fixture.running(worker) { #expect(await fixture.becomes(id, .retryable)) }
        let job = try #require(try await fixture.details(id))
        #expect(job.chain == Chain("k", onDiscarded: .hold) && job.lane == "chain=k")
        #expect(job.createdAt != nil && job.createdAt == before?.createdAt && job.run != nil)
        #expect(try await fixture.inspector.change(.cancel, ids: [id], in: fixture.queue).map(\.result) == [.now(.cancelled)])
        #expect(try await fixture.details(id)?.createdAt == before?.createdAt)
        #expect(try await fixture.leftovers() == [])
    }

    @Test(arguments: [
        String(repeating: "x", count: 10_240), "\u{0}\u{1}\n\"\\&=%~ü👩‍👩‍👧", "order 7", "chain=k", "a&b?", "~0123456789ABCDEF",
    ])
    func anyTextIsAKey(key: String) async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let seen = Recorder<Int>()
        worker.handle(Step.self) { job, context in
            #expect(context.chain?.key == key && context.partitions == [:])
            for _ in 0..<20 { await Task.yield() }
            seen.add(job.number)
            return .completed(NoOutput())
        }
        try await fixture.client.enqueue((0..<10).map { Step(key, $0) })
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 10)) }
        #expect(seen.all == Array(0..<10))
        #expect(try await fixture.leftovers() == [])
    }
}
