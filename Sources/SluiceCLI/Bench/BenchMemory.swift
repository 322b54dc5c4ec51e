import Foundation
import Sluice
import SluiceCore
import SluiceStore

/// Measures the memory of processes over many jobs. After a warm-up it has to stay constant.
extension BenchModes {
    /// Jobs go in portions, so that Redis need not hold all of them.
    private static let portions = 20
    /// The divisor of the job count for modes with a process or a call per job, so that they take as long as the others.
    private static let share = 25

    /// Workers that run handlers, with the client that enqueues; exec workers; webhook workers.
    func memory(_ result: inout BenchResult) async throws {
        let client = try await client()
        let handlers = BenchWorkers(
            url: url, namespace: options.namespace, queue: "bench-memory", concurrency: concurrency)
        var memory = [BenchMemory("client that enqueues", jobs), BenchMemory("worker with handlers", jobs)]
        try await handlers.run(1) {
            try await through("bench-memory", jobs, client, on: handlers) { portion in
                memory[0].note(ResidentMemory.bytes(of: getpid()), at: portion)
                memory[1].note(await handlers.residentBytes(), at: portion)
            }
        }
        let few = max(jobs / Self.share, Self.portions)
        memory.append(try await execMemory(few, client))
        memory.append(try await webhookMemory(few, client))
        result.add("memory", .array(memory.map(\.json)))
        result.add(lines: memory.map(\.line))
        await client.close()
    }

    private func execMemory(_ count: Int, _ client: SluiceClient) async throws -> BenchMemory {
        let places = min(concurrency, 2 * ProcessInfo.processInfo.activeProcessorCount)
        let workers = BenchWorkers(
            url: url, namespace: options.namespace,
            command: ["worker", "bench-exec", "--exec", "true", "--concurrency", "\(places)", "--json"])
        var memory = BenchMemory("exec worker", count)
        try await workers.run(1) {
            try await through("bench-exec", count, client, on: workers) { portion in
                memory.note(await workers.residentBytes(), at: portion)
            }
        }
        return memory
    }

    private func webhookMemory(_ count: Int, _ client: SluiceClient) async throws -> BenchMemory {
        let receiver = try await BenchReceiver()
        let handlers = BenchWorkers(
            url: url, namespace: options.namespace, queue: "bench-told", concurrency: concurrency)
        var memory = BenchMemory("webhook worker", count)
        try await handlers.run(1) {
            try await withSenders { senders in
                try await through("bench-told", count, client, on: handlers, notifying: (senders, Notify(receiver.url))) {
                    portion in
                    memory.note(await senders.residentBytes(), at: portion)
                }
            }
        }
        await receiver.close()
        try await empty(Notify.queue, client)
        return memory
    }

    /// Enqueues the jobs in portions. Each portion waits until the one before has completed, including its notifications.
    private func through(
        _ queue: QueueName, _ count: Int, _ client: SluiceClient, on workers: BenchWorkers,
        notifying: (by: BenchWorkers, to: Notify)? = nil, _ note: (_ portion: Double) async -> Void
    ) async throws {
        let each = max(count / Self.portions, 1)
        let text = text
        for portion in 1...Self.portions {
            let numbers = (portion - 1) * each..<portion * each
            try await client.enqueue(
                numbers.lazy.map { number in
                    // Encoding a job of this kind cannot fail.
                    var request = try? JobRequest(BenchJob(number: number, text: text))
                    request?.queue = queue
                    request?.notify = notifying?.to
                    return request
                }.compactMap { $0 })
            try await wait(client, queue, on: workers) { $0["total_completed"] == "\(portion * each)" }
            if let notifying {
                try await wait(client, Notify.queue, on: notifying.by) { $0["total_completed"] == "\(portion * each)" }
            }
            await note(Double(portion) / Double(Self.portions))
        }
        try await empty(queue, client)
    }
}

/// The resident memory of a process, in bytes.
struct BenchMemory {
    var process: String
    var jobs: Int
    /// After a tenth of the jobs (the warm-up); after half; after all.
    var start: Double?
    var middle: Double?
    var end: Double?

    init(_ process: String, _ jobs: Int) {
        self.process = process
        self.jobs = jobs
    }

    mutating func note(_ bytes: Double?, at portion: Double) {
        if portion == 0.1 { start = bytes }
        if portion == 0.5 { middle = bytes }
        if portion == 1 { end = bytes }
    }

    /// The growth per job over the second half.
    var bytesPerJob: Double? {
        guard let middle, let end else { return nil }
        return (end - middle) / (Double(jobs) / 2)
    }

    var json: JSONValue {
        func bytes(_ bytes: Double?) -> JSONValue { bytes.map(JSONValue.number) ?? nil }
        return [
            "process": .string(process), "jobs": .integer(jobs), "start": bytes(start), "middle": bytes(middle),
            "end": bytes(end),
        ]
    }

    /// A line for people.
    var line: String {
        func megabytes(_ bytes: Double?) -> String { bytes.map { String(format: "%.1f", $0 / 1_048_576) } ?? "?" }
        let growth = bytesPerJob.map { String(format: "%.0f", $0) } ?? "?"
        let name = "memory of a \(process)".padding(toLength: 34, withPad: " ", startingAt: 0)
        return "\(name) \(megabytes(start)), \(megabytes(middle)), \(megabytes(end)) MiB after a tenth, half, all of "
            + "\(jobs) jobs; \(growth) bytes a job in the second half"
    }
}
