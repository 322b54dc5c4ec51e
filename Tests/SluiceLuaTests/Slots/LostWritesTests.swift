import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// What is given out after a failover that lost the last writes: the data are put back to what they were, and time goes on. The
/// old holder may still be at work, so no fence may be given twice; also where fences are ahead of the clock, because it was ahead
/// once. With a step of 1 in `fences.lua`, the second case of each test is red.
@Suite(.timeLimit(.minutes(10)))
struct LostWritesTests {
    private static let leads: [Double] = [0, 30]

    private func keys(_ queue: LuaQueue, _ prefix: String) async throws -> [String] {
        try await queue.queues.command("KEYS", prefix + "*").root.elements.compactMap(\.string)
    }

    private func prefix(_ queue: LuaQueue) -> String { "\(queue.queues.namespace):saved:" }

    private func save(_ queue: LuaQueue) async throws {
        for key in try await keys(queue, queue.base + ":") {
            _ = try await queue.queues.command("COPY", key, prefix(queue) + key)
        }
    }

    private func lose(_ queue: LuaQueue) async throws {
        for key in try await keys(queue, queue.base + ":") { _ = try await queue.queues.command("DEL", key) }
        for copy in try await keys(queue, prefix(queue)) {
            _ = try await queue.queues.command("COPY", copy, String(copy.dropFirst(prefix(queue).count)))
        }
    }

    @Test(arguments: leads)
    func noFenceOfAClaimIsGivenTwice(_ lead: Double) async throws {
        let queue = try await LuaQueue()
        try await queue.advance(lead)
        try await queue.add("a")
        let first = try await queue.worker("first").cycle(1)
        try await queue.advance(-lead)
        try await queue.add("b")
        try await save(queue)
        try await queue.advance(0.001)
        let lost = try await queue.worker("old").cycle(1)
        try await lose(queue)
        try await queue.advance(0.002)
        let again = try await queue.worker("new").cycle(1)
        #expect(lost.jobs.map(\.id.text) == ["b"] && again.jobs.map(\.id.text) == ["b"])
        let fences = try [first, lost, again].map { try #require($0.jobs.first).fence }
        #expect(fences[1] > fences[0] && fences[2] > fences[0] && fences[2] != fences[1])
        #expect(lead > 0 || fences[2] > fences[1])
    }

    @Test(arguments: leads)
    func noFenceOfAPermitIsGivenTwice(_ lead: Double) async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        func acquire(_ id: String) async throws -> Int {
            let reply = try await gpu.queues.command(
                "FCALL", "sluice1_semaphore", "1", gpu.base, "c", "9", "30000", "acquire", "c.\(id)")
            return try #require(reply.root[2][1].integer)
        }
        try await gpu.advance(lead)
        let first = try await acquire("1")
        try await gpu.advance(-lead)
        try await save(gpu)
        try await gpu.advance(0.001)
        let lost = try await acquire("2")
        try await lose(gpu)
        try await gpu.advance(0.002)
        let again = try await acquire("3")
        #expect(lost > first && again > first && again != lost)
        #expect(lead > 0 || again > lost)
    }
}
