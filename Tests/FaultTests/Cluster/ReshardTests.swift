import SluiceCore
import SluiceStore
import Synchronization
import TestSupport
import Testing

/// A cluster whose slots move to and fro while their queues are busy.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ReshardTests {
    /// Slots at the start of each primary, where the queues are.
    private static let slots = 60

    @Test func slotsOfBusyQueuesMoveToAndFro() async throws {
        let cluster = try await ClusterFixture(replicas: 0)
        let load = try await SpreadLoad(url: cluster.url, within: Self.slots)
        // No stall and the pause between two beats together last as long as the lease.
        for ack in ["batched", "confirmed"] { try await load.worker(ack: ack, lease: 10_000) }
        let producers = SteadyProducers(load, isSafe: false)
        let others = try OtherProducers(load)
        let isOver = Mutex(false)
        async let cli = others.cli(load.queues[0]) { isOver.withLock { $0 } }
        async let python = others.python(load.queues[0], jobs: 150 * SpreadLoad.length)
        await load.progress()
        let home = try await cluster.primary(of: load.queues[0])
        let away = try await cluster.primary(of: load.queues[1])
        for _ in 0..<SpreadLoad.length {
            try await cluster.reshard(slots: Self.slots, from: home, to: away)
            #expect(try await cluster.primary(of: load.queues[0]) == away)
            await load.progress(of: 10)
            try await moveSlowly(load.queues[0], to: home, cluster, load)
            try await moveSlowly(load.queues[2], to: home, cluster, load)
            await load.progress(of: 10)
            try await cluster.reshard(slots: Self.slots / 2, from: away, to: home)
        }
        isOver.withLock { $0 = true }
        var ids = try await cli.ids
        var refusals = try await cli.refusals
        if let taken = try await python {
            ids.formUnion(taken.ids)
            refusals.merge(taken.refusals) { $0 + $1 }
            #expect(taken.ids.count == 150 * SpreadLoad.length)
        } else {
            print("redis-py is not installed: it is left out")
        }
        await producers.stop()
        try await load.settle()
        ids.formUnion(producers.accepted.keys)
        print("\(ids.count) jobs; refusals of others: \(refusals), of ours: \(producers.refusals)")
        #expect(try await load.completed() == ids)
        #expect(Set(load.log.entries().filter(\.isEnd).map(\.id)) == ids)
        #expect(load.endedTwice() == [])
        #expect(refusals["MOVING", default: 0] > 0, "the others have to meet the guard")
        try await load.expectSound()
    }

    /// Key by key, with calls waiting at each step.
    private func moveSlowly(
        _ queue: QueueName, to target: String, _ cluster: ClusterFixture, _ load: SpreadLoad
    ) async throws {
        let slot = try await cluster.slot(of: load.store.keys.base(queue))
        if try await cluster.primary(of: slot) == target { return }
        let began = RunHistory.now()
        let move = try await cluster.beginMove(of: slot, to: target)
        // Other queues go on, and this one stands still.
        let rest = load.queues.filter { $0 != queue }
        await load.progress(of: 10, in: rest)
        while try await cluster.moveKeys(move, atMost: 1) > 0 {}
        await load.progress(of: 10, in: rest)
        try await cluster.endMove(move)
        let ended = RunHistory.now()
        await load.progress(of: 10, in: [queue])
        let stall = load.longestStall(in: [queue], from: ended, to: RunHistory.now())
        print("\(queue) moved in \((ended - began) / 1000) ms, then stalled for \(stall) ms")
        #expect(stall <= 3000)
    }
}
