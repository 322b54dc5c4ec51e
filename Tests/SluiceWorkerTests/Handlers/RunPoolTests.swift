import Dispatch
import Logging
import Synchronization
import Testing

@testable import SluiceWorker

/// The tasks in which runs take place. A run that never starts shows as the time limit.
@Suite(.timeLimit(.minutes(1)))
struct RunPoolTests {
    private let executor = HandlerExecutor(mostThreads: 8, logger: Logger(label: "test"))

    private func entries(_ jobs: Range<Int>) -> [RunPool<Int>.Entry] {
        jobs.map { RunPool<Int>.Entry(job: $0, handle: RunHandle()) }
    }

    private func close(_ pools: RunPool<Int>...) {
        for pool in pools { pool.close() }
        executor.stop()
    }

    @Test func runsThatWaitForEachOtherAllStart() async {
        let barrier = Barrier(200)
        let (ends, end) = AsyncStream.makeStream(of: Int.self)
        let pool = RunPool<Int>(on: executor) { job in
            await barrier.arrive()
            end.yield(job)
        }
        // Twice, so that tasks that have run before take part.
        for _ in 0..<2 {
            pool.start(entries(0..<200))
            var missing = Set(0..<200)
            for await job in ends {
                missing.remove(job)
                if missing.isEmpty { break }
            }
        }
        close(pool)
    }

    @Test func aRunThatBlocksItsThreadHoldsUpNoOther() async {
        let gate = DispatchSemaphore(value: 0)
        let (starts, start) = AsyncStream.makeStream(of: Int.self)
        let pool = RunPool<Int>(on: executor) { job in
            start.yield(job)
            if job == 0 { block(on: gate) }
        }
        pool.start(entries(0..<50))
        var missing = Set(0..<50)
        for await job in starts {
            missing.remove(job)
            if missing.isEmpty { break }
        }
        gate.signal()
        close(pool)
    }

    @Test func aCancelledRunLeavesNoLaterOneCancelled() async {
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let (never, keep) = AsyncStream.makeStream(of: Void.self)
        let pool = RunPool<Int>(on: executor) { job in
            if job == 0 {
                start.yield()
                // Only the cancellation ends it.
                for await _ in never {}
            }
            end.yield(Task.isCancelled)
        }
        var isCancelled = ends.makeAsyncIterator()
        let first = entries(0..<1)
        pool.start(first)
        for await _ in starts { break }
        first[0].handle.cancel()
        #expect(await isCancelled.next() == true)
        for job in 1...200 {
            let later = entries(job..<(job + 1))
            pool.start(later)
            #expect(await isCancelled.next() == false)
            // This run is over, or about to be.
            later[0].handle.cancel()
        }
        keep.finish()
        close(pool)
    }

    @Test func aRunThatIsCancelledBeforeItsStartBeginsCancelled() async {
        let (ends, end) = AsyncStream.makeStream(of: (Int, Bool).self)
        let pool = RunPool<Int>(on: executor) { job in
            while job == 0, !Task.isCancelled { await Task.yield() }
            end.yield((job, Task.isCancelled))
        }
        let both = entries(0..<2)
        both[0].handle.cancel()
        pool.start(both)
        var results: [Int: Bool] = [:]
        for await (job, isCancelled) in ends {
            results[job] = isCancelled
            if results.count == 2 { break }
        }
        #expect(results == [0: true, 1: false])
        close(pool)
    }

    /// Two queues with a job always at hand keep two threads busy.
    @Test func busyQueuesLetAnotherHaveItsTurn() async {
        let busy = [EndlessQueue(on: executor), EndlessQueue(on: executor)]
        for queue in busy { queue.start() }
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let patient = RunPool<Int>(on: executor) { _ in start.yield() }
        patient.start(entries(0..<1))
        for await _ in starts { break }
        for queue in busy { queue.stop() }
        close(patient)
    }
}

/// Lets tasks go on when a number of them has come.
private final class Barrier: Sendable {
    private let count: Int
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

    init(_ count: Int) { self.count = count }

    func arrive() async {
        await withCheckedContinuation { continuation in
            let all = waiting.withLock { waiting -> [CheckedContinuation<Void, Never>] in
                waiting.append(continuation)
                if waiting.count < count { return [] }
                defer { waiting = [] }
                return waiting
            }
            for continuation in all { continuation.resume() }
        }
    }
}

/// A queue whose runs each start another one.
private final class EndlessQueue: Sendable {
    private let executor: HandlerExecutor
    private let pool = Mutex<RunPool<Int>?>(nil)

    init(on executor: HandlerExecutor) { self.executor = executor }

    func start() {
        pool.withLock { $0 = RunPool(on: executor) { [self] _ in next() } }
        next()
    }

    func stop() {
        let pool = pool.withLock { pool in
            defer { pool = nil }
            return pool
        }
        pool?.close()
    }

    private func next() {
        pool.withLock { $0 }?.start([RunPool<Int>.Entry(job: 0, handle: RunHandle())])
    }
}
