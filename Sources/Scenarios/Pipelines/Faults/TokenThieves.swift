import Hiredis
import Sluice
import SluiceStore

/// Takes wake tokens that are meant for idle workers, and does nothing with them.
struct TokenThieves {
    let queues: [QueueName]
    let store: Store

    /// Steals while `body` runs. Redis serves who has waited longest: thieves that come while workers are busy are first in line.
    /// - Returns: how many were taken.
    func steal(_ count: Int, while body: () async throws -> Void) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<count {
                group.addTask { await Self.thief(store, queues) }
            }
            try await body()
            group.cancelAll()
            var total = 0
            for try await taken in group { total += taken }
            return total
        }
    }

    private static func thief(_ store: Store, _ queues: [QueueName]) async -> Int {
        let listener = store.listener()
        var taken = 0
        while !Task.isCancelled {
            let token = try? await listener.next(
                wake: queues, bells: [], worker: WorkerID(host: "thief", process: 0), within: .seconds(5))
            if token != nil { taken += 1 }
        }
        await listener.close()
        return taken
    }
}
