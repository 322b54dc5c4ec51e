import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceStore

/// What an operator does to many jobs while all goes on; another client looks how long its own calls take.
struct Operator {
    let stage: CrawlStage

    func play() async throws {
        let count = stage.scale.bulk
        try await stage.client.enqueue(try Rescan.requests(count))
        let prober = Task { [inspector = stage.inspector] in await Self.probe(inspector) }
        do {
            try await change(count)
        } catch {
            prober.cancel()
            throw error
        }
        prober.cancel()
        let times = await prober.value.sorted()
        stage.evidence.slowest = times.isEmpty ? .zero : times[(times.count - 1) * 99 / 100]
        stage.say("the operator is done")
    }

    private func change(_ count: Int) async throws {
        func filter(_ partitions: [String: String] = [:], limit: Int? = nil) -> BulkFilter {
            BulkFilter(states: [.scheduled], kind: Rescan.kind, partitions: partitions, limit: limit)
        }
        try await change("reschedule", .reschedule(.after(.seconds(2 * 86_400))), filter(["source": "dump"]), count / 2)
        try await change("retry", .retry, filter(limit: count / 10), count / 10)
        try await change("purge", .delete, filter(), count - count / 10)
        // Records that could not be read can be now. Some may have become discarded since they were counted.
        stage.marks.mark("fixed")
        let malformed = BulkFilter(states: [.discarded], kind: Classify.kind, error: "malformed")
        let known = try await stage.inspector.preview(.retry, where: malformed, in: CrawlStage.queue).progress.matched
        try await change("retry by error", .retry, malformed, known, isExact: false)
    }

    private func change(
        _ what: String, _ change: JobChange, _ filter: BulkFilter, _ expected: Int, isExact: Bool = true
    ) async throws {
        var (looked, largest) = (0, 0)
        let done = try await stage.inspector.change(change, where: filter, in: CrawlStage.queue) { progress in
            largest = max(largest, progress.looked - looked)
            looked = progress.looked
        }
        let isThere = filter.limit != nil || done.isComplete
        stage.evidence.bulk.append(
            Evidence.Bulk(
                what: what, expected: isExact ? expected : max(expected, done.matched), changed: done.changed,
                largestStep: largest, isComplete: isThere))
    }

    /// What calls take, until it is cancelled.
    private static func probe(_ inspector: Inspector) async -> [Duration] {
        var times: [Duration] = []
        while !Task.isCancelled {
            let started = ContinuousClock.now
            _ = try? await inspector.status(of: CrawlStage.queue)
            times.append(ContinuousClock.now - started)
            try? await Task.sleep(for: .milliseconds(2))
        }
        return times
    }
}
