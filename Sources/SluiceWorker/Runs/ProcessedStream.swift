import Logging
import SluiceCore
import SluiceStore

/// Delivers recorded outcomes to the observers, one after the other, in a task of its own. An observer that is slow or throws has
/// no effect on jobs.
struct ProcessedStream: Sendable {
    typealias Observer = @concurrent @Sendable (ProcessedJob) async throws -> Void

    private let stream: AsyncStream<ProcessedJob>
    private let continuation: AsyncStream<ProcessedJob>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100_000)) }

    func tell(_ job: ProcessedJob) { continuation.yield(job) }

    /// Lets `run` return once all outcomes have been delivered.
    func finish() { continuation.finish() }

    /// Delivers outcomes until the stream is finished and empty, even if the worker is cancelled: every outcome that Redis has
    /// recorded is delivered. The separate task is needed because a cancelled task reads nothing more from a stream.
    func run(_ observers: [Observer], logger: Logger) async {
        await Task { await tellAll(observers, logger) }.value
    }

    private func tellAll(_ observers: [Observer], _ logger: Logger) async {
        for await job in stream {
            for observer in observers {
                do {
                    try await observer(job)
                } catch {
                    logger.error("an observer of processed jobs failed", metadata: ["error": "\(error)", "job": "\(job.id)"])
                }
            }
        }
    }
}

extension ProcessedJob {
    init(_ report: RunReport, _ verdict: Verdict, queue: QueueName) {
        var output: [UInt8]?
        if case .outcome(.completed(let json)) = report.result { output = json.text }
        self.init(
            id: report.id, kind: report.kind, queue: queue, state: verdict.state, attempt: report.attempt,
            duration: report.duration, output: output, error: verdict.failure.map { "\($0.type): \($0.message)" })
    }

    /// The report of a run that ended with its worker.
    init(_ run: ServerOutcome, queue: QueueName) {
        self.init(
            id: run.id, kind: run.kind, queue: queue, state: run.state, attempt: run.attempt, duration: nil, output: nil,
            error: "its worker \(run.worker) died")
    }
}
