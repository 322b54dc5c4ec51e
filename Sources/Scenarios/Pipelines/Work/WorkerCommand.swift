import ArgumentParser
import Foundation
import Logging
import ScenarioSupport
import Sluice
import SluiceWorker

/// A worker process of a cell: this program again. It writes what it does into a file, and ends with the process that started it.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var url: String
    @Option var log: String
    @Option var host: String
    @Option var ack: String
    @Option var limits: String
    @Option var scale: String
    /// Whether it goes by a count of its own.
    @Flag var cached = false

    func run() async throws {
        guard let ack = Queue.AckMode(rawValue: ack), let limits = Cell.Limits(rawValue: limits), let scale = Scale(named: scale)
        else { throw ValidationError("no such cell") }
        let logger = Logger.forFaults("pipelines.worker")
        let client = try await SluiceClient(.url(url), logger: logger)
        let log = try RunLog(path: log)
        let worker = worker(client, Cell(ack: ack, limits: limits), scale, log, logger)
        register(worker, log: log, chunk: scale.chunk)
        try await WorkerProgram.run([client, worker], logger: logger)
    }

    private func worker(_ client: SluiceClient, _ cell: Cell, _ scale: Scale, _ log: RunLog, _ logger: Logger) -> Worker {
        let kept = Queue.Retention(count: 1_000_000, age: .seconds(86_400))
        var options = WorkerProgram.options(lease: Scale.lease, host: host)
        if cached {
            let known: [QueueName: Int] = cell.limits.hasConcurrency ? ["work": scale.global, "serial": 1] : [:]
            options.admission = CachedCount(limits: known, ack: cell.ack)
        }
        let queues = [
            ("work", scale.concurrency, cell.declared(scale)), ("serial", scale.concurrency, cell.declaredSerial),
        ].map { name, concurrency, limits in
            Queue(
                name, concurrency: concurrency, ack: cell.ack, keepsCompleted: kept, keepsCancelled: kept, keepsDiscarded: kept,
                maxCrashes: 1000, limits: limits)
        }
        return Worker(client, queues: queues, options: options, logger: logger) { RunLogging(log: log) }
    }

    private func register(_ worker: Worker, log: RunLog, chunk: Int) {
        worker.handle(Plain.self) { job, context in
            try await Self.spend(job.milliseconds, context.id, log)
            try await Self.write(context, log)
            try job.end.carryOut(attempt: context.attempt)
        }
        worker.handle(ChainLink.self) { job, context in
            try await Self.spend(job.milliseconds)
            try job.end.carryOut(attempt: context.attempt)
        }
        worker.handle(FlowNode.self) { (job, context) -> Int in
            try await Self.spend(job.milliseconds)
            try job.end.carryOut(attempt: context.attempt)
            var sum = 0
            for input in job.inputs {
                do throws(SluiceError) {
                    sum += try await context.output(of: Workflow.Node(input), as: Int.self)
                } catch {
                    guard error.code == .noOutput, job.mayMiss.contains(input) else { throw error }
                }
            }
            return sum * job.factor + job.addend
        }
        worker.handleChunk(Item.self, size: chunk, within: .milliseconds(10)) { chunk in
            let name = chunk.members.first.map { "\($0.id)@\($0.fence)" } ?? "-"
            for member in chunk.members { log.write(.chunk, member.context, note: name) }
            let longest = chunk.members.max { $0.job.milliseconds < $1.job.milliseconds }
            if let longest { try await Self.spend(longest.job.milliseconds, longest.id, log) }
            for member in chunk.members {
                do { try member.job.end.carryOut(attempt: member.attempt) } catch { member.fail(error) }
            }
        }
        worker.afterProcess { job in
            // The duration of a run whose worker died is not known.
            let verb: RunLine.Verb = job.duration == nil ? .orphaned : .processed
            log.write(RunLine(verb, job.id.text, attempt: job.attempt, note: job.state.rawValue))
        }
    }

    /// What the work takes; of a victim of a fault, only when it runs for the first time.
    private static func spend(_ milliseconds: Int, _ id: JobID, _ log: RunLog) async throws {
        let isVictim = id.text == Plan.victims.killed || id.text == Plan.victims.frozen
        if !isVictim || log.isFirst(id) { try await spend(milliseconds) }
    }

    private static func spend(_ milliseconds: Int) async throws {
        try await ContinuousClock().sleep(for: .milliseconds(milliseconds))
    }

    /// A write of the run's own, which Redis refuses if the run was overtaken.
    private static func write(_ context: JobContext, _ log: RunLog) async throws {
        let asked = RunLine.now()
        do throws(SluiceError) {
            try await context.progress(1)
            log.write(.wrote, context, note: "\(asked)")
        } catch {
            // While Redis is away nothing is known; only a refusal counts.
            if error.code == .fenced { log.write(.refused, context, note: "\(asked)") }
            throw error
        }
    }
}
