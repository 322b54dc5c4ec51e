import SluiceCore
import SluiceStore
import Testing

/// What operators set in the place of what is declared.
@Suite(.timeLimit(.minutes(10)))
struct OverrideTests {
    @Test func itEndsByItself() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "2")
        try await queue.add(20, "a", lane: "account=1")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await queue.fcall(["sluice_override", "concurrency/account", "1", "60000"]) == "OK")
        let reply = try await worker.cycle(20)
        #expect(reply.jobs.count == 1)
        // Nobody settles anything, but at its end somebody looks.
        let idle = try await worker.cycle(20, [], idle: .seconds(600))
        #expect(idle.come == .seconds(60))
        try await queue.setClock(59_999)
        #expect(try await worker.claim(20) == [])
        try await queue.setClock(60_000)
        #expect(try await worker.claim(20) == ["a1"])
        #expect(try await queue.key("overrides") == nil)
        #expect(try await queue.call(Limits()).effective == [.concurrency(2, partition: "account")])
        #expect(try await queue.audit() == [])
    }

    @Test func aSecondOneTakesThePlaceOfTheFirst() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "2")
        _ = try await queue.fcall(["override", "concurrency", "1", "1000"])
        _ = try await queue.fcall(["override", "concurrency", "5", "9000"])
        try await queue.add(20, "a")
        let worker = try await queue.worker()
        try await queue.setClock(2000)
        #expect(try await worker.claim(20).count == 5)
        _ = try await queue.fcall(["override", "concurrency", "7"])
        try await queue.setClock(10_000)
        #expect(try await worker.claim(20).count == 2)
        #expect(try await queue.key("overrides") == "concurrency = 7 0")
    }

    @Test func restoring() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        try await queue.checkRefused(["restore", "concurrency"], "0")
        _ = try await queue.fcall(["override", "concurrency", "1", "9000"])
        #expect(try await queue.key("timed") == "T+9000 !concurrency")
        #expect(try await queue.fcall(["sluice_restore", "concurrency"]) == "1")
        #expect(try await queue.key("timed") == nil)
        #expect(try await queue.fcall(["restore", "concurrency"]) == "0")
        try await queue.checkRefused(["restore", "speed"], "invalidArgument: there is no limit speed")
    }

    @Test func noneLiftsALimitMeanwhile() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1", "rate/account", "1/60000", "breaker/host", "1/1000/60000")
        try await queue.add(9, "a", lane: "account=1&host=x")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(9).count == 1)
        try await queue.override("concurrency/account", "none")
        #expect(try await worker.claim(9).count == 0)
        try await queue.override("rate/account=1", "none")
        #expect(try await worker.claim(3).count == 3)
        try await worker.cycle(
            0, settling: ["a0"], .unavailable(dependency: "host", retryAfter: nil, maxWaits: nil, error: "1"))
        #expect(try await worker.claim(9).count == 0)
        try await queue.override("breaker/host", "none")
        #expect(try await worker.claim(9).count == 5)
        #expect(try await queue.audit() == [])
    }

    @Test func oneValueHasLimitsOfItsOwn() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1", "concurrency/account=2", "3")
        for account in 1...4 { try await queue.add(9, "\(account)-", lane: "account=\(account)") }
        try await queue.override("concurrency/account=3", "2")
        try await queue.override("concurrency/account=4", "none")
        let worker = try await queue.worker()
        let ids = try await worker.claim(100)
        #expect((1...4).map { account in ids.filter { $0.hasPrefix("\(account)-") }.count } == [1, 3, 2, 9])
        #expect(try await queue.members("account=4") == 9)
        // More than the one value's new limit run: they are known, and have to end first.
        #expect(try await queue.fcall(["restore", "concurrency/account=4"]) == "1")
        #expect(try await worker.cycle(100, settling: ["2-0", "3-0"]).jobs.count == 2)
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func oneValueAloneIsLimitedThoughItsDimensionIsNot() async throws {
        let queue = try await LuaQueue()
        for account in 1...2 { try await queue.add(9, "\(account)-", lane: "account=\(account)") }
        let worker = try await queue.worker()
        #expect(try await worker.claim(10).count == 10)
        try await queue.override("concurrency/account=1", "2")
        // Those that ran before count.
        #expect(try await worker.claim(100).allSatisfy { $0.hasPrefix("2-") })
        let first = worker.running.keys.map(\.text).filter { $0.hasPrefix("1-") }.sorted()
        #expect(first.count == 9)
        try await worker.cycle(0, settling: first)
        try await queue.add(5, "more", lane: "account=1")
        #expect(try await worker.claim(100) == ["more0", "more1"])
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func theListTellsAll() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "9", "concurrency/account", "2", "rate/account", "5/1000", deploy: 3)
        _ = try await queue.fcall(["override", "concurrency", "4", "60000"])
        try await queue.override("rate/account", "none")
        try await queue.add(9, "a", lane: "account=1")
        try await queue.add(1, "b", lane: "account=2")
        _ = try await queue.worker().claim(9)
        try await queue.check(
            ["limits"],
            "= [deploy, 3, declared_version, 1, declared, [concurrency, 9, concurrency/account, 2, rate/account, 5/1000], "
                + "overrides, [concurrency, 4, T+60000, rate/account, none, 0], effective, [concurrency, 4, concurrency/account, 2], "
                + "now, T+0, running, 3, next, -1, migrating, 0, gates, "
                + "[[account=1, 2, 2, 1, -1, -1, -1, , 0], [account=2, 1, 2, 0, -1, -1, -1, , 0]]]")
        try await queue.check(
            ["sluice_limits", "account=2"],
            "= [deploy, 3, declared_version, 1, declared, [concurrency, 9, concurrency/account, 2, rate/account, 5/1000], "
                + "overrides, [concurrency, 4, T+60000, rate/account, none, 0], effective, [concurrency, 4, concurrency/account, 2], "
                + "now, T+0, running, 3, next, -1, migrating, 0, gates, [[account=2, 1, 2, 0, -1, -1, -1, , 0]]]")
    }

    @Test(arguments: [
        (["speed", "3"], "invalidArgument: there is no limit speed"),
        (["concurrency", ""], "invalidArgument: concurrency cannot be "),
        (["concurrency", "many"], "invalidArgument: concurrency cannot be many: concurrency is N, rate is N/PERIOD_MS"),
        (["concurrency", "3.5"], "invalidArgument: concurrency cannot be 3.5"),
        (["weight/account=1", "0"], "invalidArgument: weight/account=1 cannot be 0"),
        (["concurrency", "3", "-1"], "invalidArgument: the time it lasts must be a whole number"),
        (["concurrency", "3", "x"], "invalidArgument: the time it lasts must be a whole number"),
        (["rate/account=a&b", "3/1000"], "invalidArgument: there is no limit rate/account=a&b"),
        (["concurrency"], "invalidArgument: concurrency cannot be nil"),
    ]) func refuses(_ words: [String], _ message: String) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "3")
        try await queue.checkRefused(["override"] + words, message)
    }
}
