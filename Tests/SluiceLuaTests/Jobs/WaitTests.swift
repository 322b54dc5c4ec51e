import SluiceCore
import SluiceStore
import Testing

/// Jobs that wait because something they depend on is not there.
@Suite(.timeLimit(.minutes(10)))
struct WaitTests {
    private func fail(_ worker: ScriptedWorker, _ id: String, _ name: String, after: Duration? = nil, most: Int? = nil)
        async throws
    {
        try await worker.cycle(
            0, settling: [id], .unavailable(dependency: name, retryAfter: after, maxWaits: most, error: #""down""#))
    }

    private func due(_ queue: LuaQueue) async throws -> Int? {
        try await queue.redis("ZSCORE", "scheduled", "a0").flatMap { Int($0) }.map { $0 - queue.start }
    }

    @Test(arguments: ["", "host=x"]) func withoutABreakerWaitsDoubleFromASecondToFiveMinutes(_ lane: String) async throws {
        let queue = try await LuaQueue()
        try await queue.add(1, "a", lane: lane)
        let worker = try await queue.worker("w", lease: .seconds(3600))
        var now = 0
        for (number, seconds) in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].enumerated() {
            #expect(try await worker.claim(1) == ["a0"])
            try await fail(worker, "a0", "host")
            now += seconds * 1000
            #expect(try await due(queue) == now, "wait \(number + 1)")
            #expect(try await queue.key("waits") == "a0 = \(number + 1)")
            try await queue.setClock(now)
        }
        #expect(try await queue.key("attempts") == nil)
        #expect(try await queue.key("errors") == nil)
    }

    @Test func itComesBackToItsPlace() async throws {
        let queue = try await LuaQueue()
        try await queue.add(3, "a", lane: "host=x")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a0"])
        try await fail(worker, "a0", "host")
        try await queue.setClock(1000)
        #expect(try await worker.claim(3) == ["a0", "a1", "a2"])
    }

    @Test func whatTheDependencyAsksForIsWaitedForThoughItHasNoGate() async throws {
        let queue = try await LuaQueue()
        try await queue.add(1, "a")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a0"])
        try await fail(worker, "a0", "other", after: .seconds(77))
        #expect(try await due(queue) == 77_000)
    }

    @Test func beyondTheMostWaitsItIsDiscarded() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/host", "1")
        try await queue.add(2, "a", lane: "host=x")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        for second in [1, 3, 7] {
            #expect(try await worker.claim(1) == ["a0"])
            try await fail(worker, "a0", "host", most: 3)
            #expect(try await queue.state("a0") == "scheduled")
            try await queue.setClock(second * 1000)
        }
        #expect(try await worker.claim(1) == ["a0"])
        try await fail(worker, "a0", "host", most: 3)
        #expect(try await queue.state("a0") == "discarded")
        #expect(try await queue.key("errors") == #"a0 = {"at":T+7000,"attempt":1,"worker":"w","error":"down"}"#)
        #expect(try await worker.drain() == ["a1"])
        try await queue.expectNothingLeft()
    }

    @Test func anOperatorsWishToCancelComesFirst() async throws {
        let queue = try await LuaQueue()
        try await queue.add(1, "a", lane: "tmdb")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a0"])
        _ = try await queue.fcall(["cancel", "a0"])
        try await fail(worker, "a0", "tmdb")
        #expect(try await queue.state("a0") == "cancelled")
        try await queue.expectNothingLeft()
    }
}
