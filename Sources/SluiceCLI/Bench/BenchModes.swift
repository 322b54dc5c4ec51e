import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore

/// The measurements, each on a queue of its own.
struct BenchModes {
    let url: String
    let options: SluiceClient.Options
    let jobs: Int
    let payload: Int
    let concurrency: Int
    let processes: Int
    /// The partitions and limits of the jobs in the drain; nil for jobs without partitions.
    var lanes: BenchLanes?
    let logger: Logger

    var text: String { BenchJob.text(payload: payload) }

    func client() async throws -> SluiceClient {
        try await SluiceClient(.url(url), options: options, logger: logger)
    }

    /// Enqueues jobs at once, from a sequence.
    func fill(_ count: Int, _ queue: QueueName, _ client: SluiceClient) async throws -> Stretch {
        try await Stretch.measure(ServerMeter(store: client.store), count: count) {
            let text = text
            let all = (0..<count).lazy.map { BenchJob(number: $0, text: text) }
            if let lanes {
                try await client.enqueue(all.map { BenchLaneJob($0, lanes.values(of: $0.number)) }) { $0.queue = queue }
            } else {
                try await client.enqueue(all) { $0.queue = queue }
            }
        }
    }

    /// Polls the queue's status until it is as wanted. A hundred looks a second are negligible in the measurement.
    /// - Throws: The failure of a worker process that has ended, since the wait would have no end.
    func wait(
        _ client: SluiceClient, _ queue: QueueName, on workers: BenchWorkers, until isThere: ([String: String]) -> Bool
    ) async throws {
        while !isThere(try await client.store.call(Status(), on: queue)) {
            try await workers.check()
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Removes a queue that only the benchmark filled.
    func empty(_ queue: QueueName, _ client: SluiceClient) async throws { try await client.store.erase(queue) }
}
