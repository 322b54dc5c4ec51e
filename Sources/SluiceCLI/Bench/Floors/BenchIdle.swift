import Sluice
import SluiceCore
import SluiceStore
import SluiceWorker

/// A worker in this process that is idle between two measurements, and a client that gives it jobs.
struct BenchIdle {
    let producer: SluiceClient
    /// The first lines of handlers.
    fileprivate var starts: AsyncThrowingStream<ContinuousClock.Instant, any Error>.AsyncIterator

    /// The time until an answer to PING, in ms.
    func ping() async throws -> Double {
        try await rest()
        let start = ContinuousClock.now
        try await producer.store.run(["PING"], node: nil)
        return (ContinuousClock.now - start).seconds * 1000
    }

    /// The time from the call of `enqueue` to the first line of the handler, in ms.
    mutating func job(_ request: JobRequest) async throws -> Double {
        try await rest()
        let start = ContinuousClock.now
        try await producer.enqueue(request)
        return (try await nextStart() - start).seconds * 1000
    }

    /// The time from a parent's handler, whose body is trivial, to that of its child, in ms.
    mutating func step(_ flow: Workflow) async throws -> Double {
        try await rest()
        try await producer.enqueue(flow)
        let parent = try await nextStart()
        return (try await nextStart() - parent).seconds * 1000
    }

    private mutating func nextStart() async throws -> ContinuousClock.Instant {
        guard let start = try await starts.next(isolation: #isolation) else { throw CancellationError() }
        return start
    }

    /// Until the worker is idle: it has settled the last job and waits again.
    private func rest() async throws { try await Task.sleep(for: .milliseconds(Int64.random(in: 2...5))) }
}

extension BenchModes {
    /// Measurements with an idle worker in a round: with percentiles, few would say nothing.
    var idleSamples: Int { BenchRounds.share(of: min(max(jobs / 100, 200), 2000)) }

    /// Lends an idle worker of a queue.
    func withIdleWorker(_ queue: QueueName, _ body: (inout BenchIdle) async throws -> Void) async throws {
        let producer = try await client()
        let consumer = try await client()
        let starts = AsyncThrowingStream<ContinuousClock.Instant, any Error>.makeStream()
        let worker = Worker(
            consumer, queues: [Queue(queue, concurrency: concurrency)], options: WorkerOptions(grace: .zero), logger: logger
        ) { BenchMiddleware() }
        worker.handle(BenchJob.self) { (_, _) -> Void in starts.continuation.yield(.now) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await worker.run()
                    starts.continuation.finish()
                } catch {
                    starts.continuation.finish(throwing: error)
                }
            }
            var idle = BenchIdle(producer: producer, starts: starts.stream.makeAsyncIterator())
            for _ in 0..<20 { _ = try await idle.job(try request(0, queue)) }
            try await body(&idle)
            group.cancelAll()
            try await group.waitForAll()
        }
        try await empty(queue, producer)
        await producer.close()
        await consumer.close()
    }

    /// A measured job with a number.
    func request(_ number: Int, _ queue: QueueName) throws -> JobRequest {
        var request = try JobRequest(BenchJob(number: number, text: text))
        request.queue = queue
        return request
    }
}
