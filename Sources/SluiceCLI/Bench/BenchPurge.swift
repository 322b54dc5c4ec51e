import Sluice
import SluiceCore
import SluiceInspector

extension BenchModes {
    /// The number of clients that enqueue during the purge, one job at a time each.
    static let neighbours = 4

    /// Purges all jobs of a queue, and measures how long other clients wait for their calls meanwhile.
    func purge(_ result: inout BenchResult) async throws {
        let client = try await client()
        let queue: QueueName = "bench-purge"
        _ = try await fill(jobs, queue, client)
        var samples: [Double] = []
        try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<Self.neighbours { group.addTask { try await neighbour() } }
            let inspector = Inspector(client.store)
            let start = ContinuousClock.now
            let purge = try await inspector.change(.delete, in: queue)
            let seconds = (ContinuousClock.now - start).seconds
            result.add("purge_per_s", Double(purge.changed) / seconds, "purge, a step at a time", "jobs/s", digits: 0)
            group.cancelAll()
            for try await some in group { samples += some }
        }
        result.add("beside_purge_ms", samples: samples, "  an enqueue beside it", "ms", digits: 3)
        try await empty(queue, client)
        try await empty("bench-beside", client)
        await client.close()
    }

    /// Enqueues on a connection of its own until cancelled. Returns the duration of each call, in ms.
    private func neighbour() async throws -> [Double] {
        let client = try await client()
        let text = text
        var samples: [Double] = []
        while !Task.isCancelled {
            let start = ContinuousClock.now
            do {
                try await client.enqueue(BenchJob(number: samples.count, text: text)) { $0.queue = "bench-beside" }
            } catch {
                if Task.isCancelled { break }
                throw error
            }
            samples.append((ContinuousClock.now - start).seconds * 1000)
        }
        await client.close()
        return samples
    }
}
