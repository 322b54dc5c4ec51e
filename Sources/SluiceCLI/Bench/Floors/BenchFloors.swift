import Sluice
import SluiceCore
import SluiceStore

/// What a machine does without Sluice.
extension BenchModes {
    /// Commands of one kind in one flush.
    static let deep = 128

    /// One round of Redis alone with the three commands that the simplest safe queue needs.
    func lists(_ count: Int, _ client: SluiceClient) async throws -> Stretch {
        let base = "\(options.namespace):{floor}"
        let payload = String(repeating: "x", count: payload)
        let pushes = (0..<Self.deep).map { _ in ["LPUSH", base + ":wait", payload] }
        let moves = (0..<Self.deep).map { _ in ["LMOVE", base + ":wait", base + ":active", "RIGHT", "LEFT"] }
        let removals = (0..<Self.deep).map { _ in ["LREM", base + ":active", "1", payload] }
        let flushes = max(count / Self.deep, 1)
        return try await Stretch.measure(ServerMeter(store: client.store), count: flushes * Self.deep) {
            for _ in 0..<flushes { try await client.store.run(pushes + moves + removals, key: base) }
        }
    }

    /// The three commands, for measurements that have no floor of their own.
    func floor(_ result: inout BenchResult) async throws {
        let client = try await client()
        var rounds = BenchRounds()
        for _ in 0..<BenchRounds.count { rounds.note("floor", try await lists(BenchRounds.share(of: jobs), client)) }
        addFloor("floor", rounds, &result)
        await client.close()
    }

    /// Adds the figures of the three commands, measured under a name.
    func addFloor(_ name: String, _ rounds: BenchRounds, _ result: inout BenchResult) {
        result.add("\(name)_per_s", rounds, "floor: LPUSH + LMOVE + LREM, \(Self.deep) deep", "jobs/s", digits: 0)
        result.add("\(name)_us", rounds, "  Redis CPU", "µs/job")
    }

    /// The time in µs that one task takes in a group of tasks with trivial bodies.
    func taskSpawn() async -> Double {
        let count = 100_000
        let start = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            for _ in 0..<count { group.addTask {} }
        }
        return (ContinuousClock.now - start).seconds * 1e6 / Double(count)
    }
}

extension BenchRounds {
    /// Notes the figures of one round of a floor.
    mutating func note(_ name: String, _ stretch: Stretch) {
        note("\(name)_per_s", stretch.perSecond)
        note("\(name)_us", stretch.redisMicroseconds)
    }
}
