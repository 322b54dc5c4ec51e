import SluiceCore
import SluiceStore
import Testing

/// Whose declaration of limits stands.
@Suite(.timeLimit(.minutes(10)))
struct DeclareTests {
    private func declared(_ queue: LuaQueue) async throws -> String? { try await queue.key("limits") }

    @Test func whatStandsIsTheSame() async throws {
        let queue = try await LuaQueue()
        try await queue.checkRefused(["declare", "0"], "[same, 0, 0]")
        #expect(try await queue.fcall(["declare", "0", "concurrency", "3", "rate/host", "4/1000"]) == "[taken, 0, 1]")
        #expect(try await declared(queue) == "concurrency = 3\nrate/host = 4/1000")
        _ = try await queue.worker()
        #expect(try await queue.fcall(["declare", "0", "rate/host", "4/1000", "concurrency", "3"]) == "[same, 0, 1]")
        // The deploy number that stands is the higher one of those that agree.
        #expect(try await queue.fcall(["declare", "7", "rate/host", "4/1000", "concurrency", "3"]) == "[same, 7, 1]")
        #expect(try await queue.fcall(["declare", "2", "rate/host", "4/1000", "concurrency", "3"]) == "[same, 7, 1]")
        #expect(try await queue.fcall(["declare", "6"]) == "[kept, 7, 2]")
    }

    @Test func whileAWorkerLivesNoLowerDeployIsTaken() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "3", deploy: 5)
        let worker = try await queue.worker()
        #expect(try await worker.cycle().declared == 1)
        #expect(try await queue.fcall(["declare", "5", "concurrency", "9"]) == "[taken, 5, 2]")
        #expect(try await queue.fcall(["declare", "4", "concurrency", "8"]) == "[kept, 5, 3]")
        #expect(try await declared(queue) == "concurrency = 9")
        // Every worker hears of it.
        #expect(try await worker.cycle().declared == 3)
        #expect(try await queue.fcall(["declare", "6", "rate", "9/1000"]) == "[taken, 6, 4]")
        #expect(try await declared(queue) == "rate = 9/1000")
        #expect(try await worker.cycle().declared == 4)
    }

    @Test func whenNobodyLivesAnyDeployIsTaken() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "3", deploy: 5)
        let worker = try await queue.worker("w", lease: .seconds(10))
        #expect(try await queue.fcall(["declare", "1", "concurrency", "9"]) == "[kept, 5, 2]")
        try await queue.advance(10.5)
        #expect(try await queue.fcall(["declare", "1", "concurrency", "9"]) == "[taken, 1, 3]")
        try await worker.cycle()
        #expect(try await queue.fcall(["declare", "0", "concurrency", "8"]) == "[kept, 1, 4]")
        #expect(try await worker.leave())
        #expect(try await queue.fcall(["declare", "0", "concurrency", "8"]) == "[taken, 0, 5]")
    }

    @Test func aQueueThatWorkersServedWithoutLimitsTakesTheFirstThatAreDeclared() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add(5, "a")
        #expect(try await queue.fcall(["declare", "0", "concurrency", "2"]) == "[taken, 0, 1]")
        #expect(try await worker.claim(5).count == 2)
    }

    @Test func noneLiftsAllThatStood() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "1", "concurrency/account", "1")
        try await queue.add(5, "a", lane: "account=1")
        let worker = try await queue.worker()
        #expect(try await worker.claim(5).count == 1)
        try await queue.declare(deploy: 2)
        #expect(try await declared(queue) == nil)
        #expect(try await worker.claim(5).count == 4)
        try await worker.drain()
        try await queue.expectNothingLeft()
        #expect(try await queue.redis("HGET", "config", "limits") == nil)
    }

    @Test func overridesOutliveADeploy() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "3")
        try await queue.override("concurrency", "1")
        try await queue.declare("concurrency", "9", deploy: 2)
        try await queue.add(20, "a")
        let worker = try await queue.worker()
        #expect(try await worker.claim(20).count == 1)
        #expect(try await queue.fcall(["restore", "concurrency"]) == "1")
        #expect(try await worker.claim(20).count == 8)
    }

    @Test(arguments: [
        (["x"], "invalidArgument: deploy must be a whole number from 0"),
        (["-1"], "invalidArgument: deploy must be a whole number from 0"),
        (["1", "concurrency"], "invalidArgument: limits must be pairs of name and value"),
        (["1", "speed", "3"], "invalidArgument: there is no limit speed: limits are concurrency, rate"),
        (["1", "weight/account", "3"], "invalidArgument: there is no limit weight/account"),
        (["1", "breaker", "5/30000/20000"], "invalidArgument: there is no limit breaker:"),
        (["1", "concurrency/a b", "3"], "invalidArgument: there is no limit concurrency/a b"),
        (["1", "concurrency/" + String(repeating: "x", count: 33), "3"], "invalidArgument: there is no limit concurrency/xxx"),
        (["1", "concurrency", "0"], "invalidArgument: concurrency cannot be 0: concurrency is N"),
        (["1", "concurrency", "1000001"], "invalidArgument: concurrency cannot be 1000001"),
        (["1", "concurrency", "none"], "invalidArgument: concurrency cannot be none"),
        (["1", "rate", "5"], "invalidArgument: rate cannot be 5"),
        (["1", "rate", "0/1000"], "invalidArgument: rate cannot be 0/1000"),
        (["1", "rate", "5/1000/30/1"], "invalidArgument: rate cannot be 5/1000/30/1"),
        (["1", "rate", "5/2678400001"], "invalidArgument: rate cannot be 5/2678400001"),
        (["1", "rate", "5/-1"], "invalidArgument: rate cannot be 5/-1"),
        (["1", "breaker/host", "5/1000"], "invalidArgument: breaker/host cannot be 5/1000"),
        (["1", "weight/account=1", "1001"], "invalidArgument: weight/account=1 cannot be 1001"),
        (["1", "rate", "5/1000", "rate", "6/1000"], "invalidArgument: rate is declared twice"),
    ]) func refuses(_ words: [String], _ message: String) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "3")
        try await queue.checkRefused(["declare"] + words, message)
    }
}
