import Hiredis
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// Rate limiters as programs use them, by the real clock.
@Suite(.timeLimit(.minutes(10)))
struct RateLimiterTests {
    @Test func noWindowHoldsMoreThanTheAllowanceWhoeverAsks() async throws {
        let permits = try await Permits(clients: 3)
        let times = Times()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                let limiter = permits.clients[number % 3].rateLimiter("tmdb", limit: 10, per: .milliseconds(200))
                group.addTask {
                    try await limiter.acquire()
                    await times.add(.now)
                }
            }
            try await group.waitForAll()
        }
        // Five windows' waits lie between the first and the last, wherever the scheduler was meanwhile.
        let sorted = await times.all.sorted()
        #expect(sorted[59] - sorted[0] >= .milliseconds(5 * 200))
        let places = try await permits.queues.dump()["{limiter.tmdb}:slots"] ?? ""
        #expect(places.split(separator: "\n").count == 12)
    }

    @Test func aPlaceThatIsTooFarAwayIsNotTaken() async throws {
        let permits = try await Permits()
        let limiter = permits.client.rateLimiter("tmdb", limit: 1, per: .seconds(60))
        #expect(try await limiter.tryAcquire())
        #expect(try await !limiter.tryAcquire())
        for timeout in [Duration.zero, .seconds(-1), .seconds(59)] {
            #expect(await ending { try await limiter.acquire(timeout: timeout) } == "timedOut")
        }
        #expect(try await permits.queues.dump()["{limiter.tmdb}:ahead"] == nil)
    }

    @Test func whoIsCancelledGivesThePlaceBack() async throws {
        let permits = try await Permits()
        let limiter = permits.client.rateLimiter("tmdb", limit: 1, per: .seconds(60))
        try await limiter.acquire()
        let waiters = (0..<20).map { _ in Task { await ending { try await limiter.acquire() } } }
        let key = "\(permits.queues.namespace):{limiter.tmdb}"
        let all = await permits.queues.eventually(in: "none") {
            try await permits.queues.command("ZCARD", key + ":ahead").root.integer == 20
        }
        #expect(all)
        for waiter in waiters { waiter.cancel() }
        for waiter in waiters { #expect(await waiter.value == "CancellationError") }
        #expect(try await permits.queues.command("ZCARD", key + ":free").root.integer == 20)
        let again = Task { await ending { try await limiter.acquire(timeout: .seconds(62)) } }
        let taken = await permits.queues.eventually(in: "none") {
            try await permits.queues.command("ZCARD", key + ":free").root.integer == 19
        }
        #expect(taken)
        again.cancel()
        #expect(await again.value == "CancellationError")
    }

    @Test(.proxied, arguments: [FaultyProxy.Fault.loseRequest, .loseReply])
    func aCallThatIsCutOffTakesOnePlaceThatIsToCome(fault: FaultyProxy.Fault) async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let permits = try await Permits(through: proxy.url)
        let limiter = permits.client.rateLimiter("tmdb", limit: 1, per: .seconds(1))
        try await limiter.acquire()
        proxy.fail(["sluice1_limiter"], with: fault)
        try await limiter.acquire()
        #expect(proxy.faults.count == 1)
        let places = try await permits.queues.dump()["{limiter.tmdb}:slots"] ?? ""
        #expect(places.split(separator: "\n").count == 3)
        await permits.client.close()
        await proxy.close()
    }

    @Test func aRestartForgetsNothing() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let permits = try await Permits(on: server)
        let limiter = permits.client.rateLimiter("tmdb", limit: 2, per: .seconds(60))
        #expect(try await limiter.tryAcquire())
        try await server.restart()
        #expect(try await limiter.tryAcquire())
        #expect(try await !limiter.tryAcquire())
    }

    @Test func namesAndNumbersThatMakeNoSenseAreRefused() async throws {
        let client = try await Permits().client
        let wrong = [
            client.rateLimiter("", limit: 1, per: .seconds(1)), client.rateLimiter("a/b", limit: 1, per: .seconds(1)),
            client.rateLimiter("a", limit: 0, per: .seconds(1)), client.rateLimiter("a", limit: 1_000_000_001, per: .seconds(1)),
            client.rateLimiter("a", limit: 1, per: .zero), client.rateLimiter("a", limit: 1, per: .seconds(-1)),
            client.rateLimiter("a", limit: 1, per: .seconds(32 * 86_400)),
            client.rateLimiter("a", limit: 1, per: .seconds(1), margin: .seconds(2)),
            client.rateLimiter("a", limit: 1, per: .seconds(1), margin: .milliseconds(-1)),
        ]
        for limiter in wrong {
            #expect(await ending { try await limiter.acquire() } == "invalidArgument")
            #expect(await ending { _ = try await limiter.tryAcquire() } == "invalidArgument")
        }
        #expect(client.rateLimiter("a", limit: 1, per: .seconds(1)).margin == .milliseconds(30))
        #expect(client.rateLimiter("a", limit: 1, per: .milliseconds(2)).margin == .milliseconds(1))
    }
}

private actor Times {
    private(set) var all: [ContinuousClock.Instant] = []

    func add(_ time: ContinuousClock.Instant) { all.append(time) }
}
