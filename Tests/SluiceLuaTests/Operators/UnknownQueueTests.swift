import SluiceCore
import SluiceTesting
import Testing

/// Names of queues that nothing has used, as a typing error makes them.
@Suite(.timeLimit(.minutes(5)))
struct UnknownQueueTests {
    private static let changes = [
        ["pause"], ["pause", "why"], ["resume"], ["override", "concurrency", "1"], ["override", "rate", "5/1000", "60000"],
        ["restore", "concurrency"], ["switch", "smtp", "off"], ["switch", "smtp", "on"],
    ]

    @Test(arguments: changes + changes.map { ["sluice_" + $0[0]] + $0.dropFirst() })
    func aChangeIsRefusedAndMakesNoQueue(words: [String]) async throws {
        let queue = try await LuaQueue("mial")
        try await queue.checkRefused(
            words, "\(SluiceError.unknownQueue("mial"))")
        #expect(try await queue.dump().isEmpty)
    }

    @Test(arguments: [
        ["pause", "", "new"], ["override", "concurrency", "1", "0", "new"], ["switch", "smtp", "off", "new"],
    ])
    func oneThatIsFirstUsedLaterIsMadeWhereThatIsMeant(words: [String]) async throws {
        let queue = try await LuaQueue("mial")
        #expect(try await ["1", "OK"].contains(queue.fcall(words)))
        #expect(try await queue.redis("HGET", "config", "format") == "1")
        #expect(try await queue.fcall(["resume"]) == (words[0] == "pause" ? "1" : "0"))
    }

    @Test(arguments: [
        ["change_where", "delete", "", "completed", "", "", "0", "0"],
        ["count_where", "retry", "", "discarded", "", "", "0", "0"],
    ])
    func aChangeByConditionsIsRefused(words: [String]) async throws {
        let queue = try await LuaQueue("mial")
        try await queue.checkRefused(words, "there is no queue 'mial'")
        #expect(try await queue.dump().isEmpty)
    }

    @Test func theWordIsNoOther() async throws {
        let queue = try await LuaQueue()
        for words in [["pause", "", "now"], ["override", "concurrency", "1", "0", "yes"], ["switch", "smtp", "on", "x"]] {
            try await queue.checkRefused(words, "the last argument must be new")
        }
    }

    @Test func changesOfJobsLeaveNothingBehind() async throws {
        let queue = try await LuaQueue("mial")
        for words in [["cancel", "a"], ["retry", "a"], ["delete", "a"], ["reschedule", "5", "a"]] {
            #expect(try await queue.fcall(words) == "[a, missing]")
        }
        #expect(try await queue.fcall(["cron_remove", "e"]) == "0")
        #expect(try await queue.fcall(["cron_pause", "e"]) == "-1")
        #expect(try await queue.fcall(["drop_messages", "1"]) == "0")
        #expect(try await queue.dump().isEmpty)
    }

    @Test func whoeverUsesItMakesIt() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        #expect(try await queue.fcall(["pause"]) == "1")
        let served = try await LuaQueue("served", in: queue.queues)
        _ = try await served.worker()
        #expect(try await served.fcall(["switch", "smtp", "off"]) == "1")
        let recurring = try await LuaQueue("recurring", in: queue.queues)
        try await recurring.put()
        #expect(try await recurring.fcall(["override", "concurrency", "1"]) == "OK")
    }
}
