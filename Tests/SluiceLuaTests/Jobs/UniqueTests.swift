import SluiceCore
import SluiceStore
import Testing

/// Who owns a fingerprint, from when to when.
@Suite(.timeLimit(.minutes(10)))
struct UniqueTests {
    @Test func anEqualJobIsToldWhichOneIsThere() async throws {
        let queue = try await LuaQueue()
        let keys = ["keys", "k1", "*", "k1"]
        try await queue.check(
            ["enqueue", "p", "1", "3", "a", "{}", "b", "{}", "c", "{}"] + keys,
            """
            = [2, exists, a]
            + calls: last sequence = 0/T+0.2
            + calls: p = 1 T+0 [2,"exists","a"]
            + config: format = 1
            + config: unique = 1
            + events: from= to=available ids=a b
            + fingerprint: a = k1
            + lanes: 0/T+0.0
            + ready: 2814749767106560
            + spec: a = {}
            + spec: b = {}
            + stats: enqueued = 2
            + unique: k1 = a
            + wait:: 5/T+0.0 a
            + wait:: 5/T+0.1 b
            + wake: 1
            """)
        try await queue.check(
            ["enqueue", "p", "2", "1", "d", "{}", "0", #"{"unique":{"key":"k1"}}"#],
            """
            = [0, exists, a]
            - calls: last sequence = 0/T+0.2
            + calls: last sequence = 0/T+0.3
            - calls: p = 1 T+0 [2,"exists","a"]
            + calls: p = 2 T+0 [0,"exists","a"]
            """)
        #expect(try await queue.audit() == [])
    }

    /// All jobs have keys and no options: their fingerprints are claimed at once, unless two are equal.
    @Test func aCallOfPlainUniqueJobsClaimsAllOrFindsTheEqualOnes() async throws {
        let queue = try await LuaQueue()
        func enqueue(_ number: Int, _ jobs: [(id: String, key: String)]) async throws -> String {
            try await queue.fcall(
                ["enqueue", "p", "\(number)", "\(jobs.count)"] + jobs.flatMap { [$0.id, "{}"] } + ["keys"] + jobs.map(\.key))
        }
        #expect(try await enqueue(1, [("a", "k1"), ("b", "k2")]) == "[]")
        // The id of the first is the fingerprint of a job that lives.
        #expect(try await enqueue(2, [("k1", "k3"), ("c", "k4"), ("d", "k3")]) == "[2, exists, k1]")
        #expect(try await enqueue(3, [("e", "k5"), ("a", "k6")]) == "[1, exists, a]")
        #expect(try await enqueue(4, [("f", "k7"), ("f", "k8")]) == "[1, exists, f]")
        #expect(try await queue.key("unique") == "k1 = a\nk2 = b\nk3 = k1\nk4 = c\nk5 = e\nk7 = f")
        #expect(try await queue.key("fingerprint") == "a = k1\nb = k2\nc = k4\ne = k5\nf = k7\nk1 = k3")
        #expect(try await queue.audit() == [])
    }

    @Test func theColumnTellsForHowLong() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "one")
        try await queue.unique("b", "two", #""until":"start""#)
        try await queue.unique("c", "three", #""period":5000"#)
        #expect(try await queue.key("fingerprint") == "a = one\nb = >two\nc = @T+5000 three")
        #expect(try await queue.key("unique") == "one = a\nthree = c\ntwo = b")
        #expect(try await queue.redis("HGET", "config", "unique") == "2")
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: ["retry", "snooze", "release", "wait", "crash"]) func theLockLastsThroughRuns(_ way: String) async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.unique("b", "k") == "[exists a]")
        switch way {
        case "retry": try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(5), error: #""x""#))
        case "snooze": try await worker.cycle(0, settling: ["a"], .snooze(.seconds(5)))
        case "release": try await worker.cycle(0, settling: ["a"], .release)
        case "wait": try await worker.cycle(0, settling: ["a"], .wait(base: .seconds(1), cap: .seconds(9)))
        default:
            try await queue.advance(20)
            let other = try await queue.worker("other")
            try await queue.advance(15)
            try await other.cycle()
        }
        #expect(try await queue.unique("b", "k") == "[exists a]")
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: ["completed", "cancelled", "discarded", "cancel", "delete", "deaths"])
    func theLockEndsWithTheJob(_ end: String) async throws {
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", "crashes", "1"])
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        if end == "cancel" || end == "delete" {
            _ = try await queue.fcall([end, "a"])
        } else {
            #expect(try await worker.claim(1) == ["a"])
        }
        switch end {
        case "completed": try await worker.cycle(0, settling: ["a"])
        case "cancelled": try await worker.cycle(0, settling: ["a"], .cancelled(error: #""x""#))
        case "discarded": try await worker.cycle(0, settling: ["a"], .discarded(error: #""x""#))
        case "deaths":
            try await queue.advance(20)
            let other = try await queue.worker("other")
            try await queue.advance(15)
            try await other.cycle()
        default: break
        }
        #expect(try await queue.key("unique") == nil)
        #expect(try await queue.unique("b", "k") == "[added b]")
        #expect(try await queue.audit() == [])
    }

    @Test func untilStartIsOverWithTheClaimForGood() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", #""until":"start""#)
        #expect(try await queue.unique("b", "k") == "[exists a]")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.key("unique") == nil)
        #expect(try await queue.key("fingerprint") == nil)
        #expect(try await queue.unique("b", "k") == "[added b]")
        try await worker.cycle(0, settling: ["a"], .release)
        #expect(try await queue.key("unique") == "k = b")
        #expect(try await queue.audit() == [])
    }

    @Test func aPeriodOutlastsTheJobAndEnds() async throws {
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", "completed", "0 0"])
        try await queue.unique("a", "k", #""period":60000"#)
        let worker = try await queue.worker()
        try await worker.drain()
        #expect(try await queue.state("a") == nil)
        #expect(try await queue.key("unique_ends") == "T+60000 k")
        for conflict in ["keep", "replace", "again"] {
            #expect(try await queue.unique("b", "k", #""conflict":"\#(conflict)""#) == "[exists a]")
        }
        #expect(try await queue.unique("b", "k", #""conflict":"fail""#) == "[duplicate a]")
        #expect(try await queue.audit() == [])
        try await queue.advance(60)
        #expect(try await queue.unique("b", "k") == "[added b]")
        #expect(try await queue.key("unique_ends") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aJobThatLivesLongerThanItsPeriodHoldsOn() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", #""period":1000"#)
        try await queue.advance(5)
        #expect(try await queue.unique("b", "k") == "[exists a]")
        let worker = try await queue.worker()
        try await worker.drain()
        #expect(try await queue.key("unique") == nil)
        #expect(try await queue.key("unique_ends") == nil)
    }

    @Test func whatWasHeldForATimeIsLetGoInBoundedSteps() async throws {
        let queue = try await LuaQueue()
        let jobs = (0..<1500).map { NewJob.unique("j\($0)", "f\($0)", .period(.seconds(60))) }
        _ = try await queue.call(Enqueue(producer: "p", number: 1, jobs: Array(jobs[..<1000])))
        _ = try await queue.call(Enqueue(producer: "p", number: 2, jobs: Array(jobs[1000...])))
        let worker = try await queue.worker()
        #expect(try await worker.drain().count == 1500)
        #expect(try await queue.redis("ZCARD", "unique_ends") == "1500")
        for left in ["500", "0"] {
            try await queue.advance(65)
            try await worker.cycle()
            #expect(try await queue.redis("ZCARD", "unique_ends") == left)
            #expect(try await queue.redis("HLEN", "unique") == left)
        }
        #expect(try await queue.audit() == [])
    }

    @Test func anEndedJobIsRetriedUnlessAnotherOneLives() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        _ = try await queue.fcall(["cancel", "a"])
        try await queue.unique("b", "k")
        #expect(try await queue.fcall(["retry", "a"]) == "[a, taken b]")
        _ = try await queue.fcall(["delete", "b"])
        #expect(try await queue.fcall(["retry", "a"]) == "[a, available]")
        #expect(try await queue.unique("c", "k") == "[exists a]")
        #expect(try await queue.audit() == [])
    }

    @Test func anEndedJobTakesBackWhatAnotherEndedOneHolds() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        _ = try await queue.fcall(["cancel", "a"])
        try await queue.unique("b", "k", #""period":60000"#)
        _ = try await queue.fcall(["cancel", "b"])
        #expect(try await queue.fcall(["retry", "a"]) == "[a, available]")
        #expect(try await queue.key("unique") == "k = a")
        #expect(try await queue.fcall(["retry", "b"]) == "[b, taken a]")
        #expect(try await queue.audit() == [])
    }

    @Test func deletingAnEndedJobLetsGoOfItsPeriod() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", #""period":60000"#)
        _ = try await queue.fcall(["cancel", "a"])
        #expect(try await queue.unique("b", "k") == "[exists a]")
        _ = try await queue.fcall(["delete", "a"])
        #expect(try await queue.key("unique") == nil)
        #expect(try await queue.unique("b", "k") == "[added b]")
        #expect(try await queue.audit() == [])
    }

    @Test func badOptionsAreRefused() async throws {
        let queue = try await LuaQueue()
        let refused = [
            ("1", "unique must be an object"), ("{}", "unique needs a key"), (#"{"key":""}"#, "the key of a unique job must be"),
            (#"{"key":"a b"}"#, "the key of a unique job must be"),
            (#"{"key":"12345678901234567890123"}"#, "shortens longer ones"),
            (#"{"key":"a","until":"never"}"#, "until must be end or start"), (#"{"key":"a","conflict":"x"}"#, "conflict must be"),
            (#"{"key":"a","period":0}"#, "period must be"), (#"{"key":"a","period":9,"until":"start"}"#, "cannot have a period"),
        ]
        for (unique, message) in refused {
            let options = #"{"unique":\#(unique)}"#
            try await queue.checkRefused(["sluice_enqueue", "x", #"{"kind":"k"}"#, options], message)
        }
        for keys in [["a", "@b"], ["", "a"], ["a", "b c"], ["a", String(repeating: "a", count: 23)]] {
            try await queue.checkRefused(["enqueue", "p", "1", "2", "x", "{}", "y", "{}", "keys"] + keys, "a key must be")
        }
        for keys in [["a"], ["a", "b", "c"]] {
            try await queue.checkRefused(["enqueue", "p", "1", "2", "x", "{}", "y", "{}", "keys"] + keys, "position")
        }
    }
}
