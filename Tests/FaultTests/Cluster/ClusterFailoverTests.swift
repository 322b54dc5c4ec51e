import Foundation
import SluiceCore
import SluiceStore
import TestSupport
import Testing

/// A cluster whose primaries are killed, frozen and demoted while queues on all of them are busy.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ClusterFailoverTests {
    @Test func primariesAreKilledFrozenAndDemotedUnderLoad() async throws {
        let cluster = try await ClusterFixture()
        let load = try await SpreadLoad(url: cluster.url)
        for ack in ["batched", "confirmed"] { try await load.worker(ack: ack) }
        let producers = SteadyProducers(load)
        await load.progress()
        var book = FailoverBook()
        for _ in 0..<SpreadLoad.length {
            try await change("killed", load.queues[0], cluster, load, &book) { primary in
                try await cluster.kill(primary)
                // It begins while the primary is away.
                try await load.worker()
            } mend: {
                try await cluster.restart($0)
            }
            try await change("frozen", load.queues[1], cluster, load, &book) {
                try await cluster.freeze($0)
            } mend: {
                try await cluster.thaw($0)
            }
            try await change("demoted", load.queues[2], cluster, load, &book) {
                try await cluster.failover(of: $0)
            } mend: { _ in
            }
        }
        await producers.stop()
        try await load.settle()
        try await book.expectKept(producers, load)
        try await load.expectSound()
    }

    /// Makes a fault of the primary of a queue, waits until another one is there and work goes on, and mends it.
    private func change(
        _ what: String, _ queue: QueueName, _ cluster: ClusterFixture, _ load: SpreadLoad, _ book: inout FailoverBook,
        fault: (String) async throws -> Void, mend: (String) async throws -> Void
    ) async throws {
        let primary = try await cluster.primary(of: queue)
        var affected: [QueueName] = []
        for queue in load.queues where try await cluster.primary(of: queue) == primary { affected.append(queue) }
        let slot = try await cluster.slot(of: load.store.keys.base(queue))
        try await book.note(what, affected, load) {
            try await fault(primary)
            _ = try await cluster.successor(of: primary, for: slot)
        }
        try await mend(primary)
        try await cluster.waitUntilWhole()
        await load.progress(of: 10)
    }
}
