import SluiceCore
import SluiceStore
import Testing

/// What becomes of the owner of a fingerprint that is enqueued again.
@Suite(.timeLimit(.minutes(10)))
struct ConflictTests {
    private let replace = #""conflict":"replace""#
    private let again = #""conflict":"again""#

    @Test func aWaitingOwnerGetsTheNewArgumentsAndKeepsItsPlace() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", args: "1")
        try await queue.check(
            ["sluice_enqueue", "b", #"{"kind":"k","args":2}"#, #"{"unique":{"key":"k","conflict":"replace"}}"#],
            """
            = [replaced a]
            - calls: last sequence = 0/T+0.0
            + calls: last sequence = 0/T+0.1
            - spec: a = {"kind":"k","args":1}
            + spec: a = {"kind":"k","args":2}
            """)
        #expect(try await queue.unique("b", "k", again, args: "3") == "[exists a]")
        #expect(try await queue.unique("b", "k", #""conflict":"fail""#, args: "3") == "[duplicate a]")
        #expect(try await queue.arguments("a") == "2")
        #expect(try await queue.audit() == [])
    }

    @Test func aWaitingOwnerMovesToTheLaneAndPriorityOfTheNewOne() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", options: #""lane":"h=x","priority":3"#)
        #expect(try await queue.unique("b", "k", replace, args: "2", options: #""lane":"h=y""#) == "[replaced a]")
        #expect(try await queue.key("wait:h=x") == nil)
        #expect(try await queue.key("lane") == "a = h=y")
        #expect(try await queue.key("priority") == nil)
        #expect(try await queue.audit() == [])
        #expect(try await queue.unique("c", "k", replace, args: "3", options: #""lane":"h=y","priority":0"#) == "[replaced a]")
        #expect(try await queue.audit() == [])
        let worker = try await queue.worker()
        #expect(try await worker.drain() == ["a"])
        try await queue.expectNothingLeft()
    }

    @Test func aTimeIsReplacedByATimeOnly() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", options: #""delay":5000"#)
        _ = try await queue.unique("b", "k", replace, options: #""delay":9000"#)
        #expect(try await queue.key("scheduled") == "T+9000 a")
        _ = try await queue.unique("b", "k", replace)
        #expect(try await queue.key("scheduled") == "T+9000 a")
        try await queue.unique("c", "l", options: #""lane":"h=x""#)
        _ = try await queue.unique("d", "l", replace, options: #""delay":7000"#)
        #expect(try await queue.key("scheduled") == "T+7000 c\nT+9000 a")
        #expect(try await queue.key("lanes") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: ["retry", "release", "crash"]) func theNextRunHasTheNewArguments(_ way: String) async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.unique("b", "k", replace, args: "2") == "[next a]")
        #expect(try await queue.unique("c", "k", replace, args: "3", options: #""lane":"h=x""#) == "[next a]")
        #expect(try await queue.arguments("a") == "1")
        #expect(try await queue.audit() == [])
        switch way {
        case "retry": try await worker.cycle(0, settling: ["a"], .retry(after: .milliseconds(1), error: #""x""#))
        case "release": try await worker.cycle(0, settling: ["a"], .release)
        default:
            try await queue.advance(20)
            let other = try await queue.worker("other")
            try await queue.advance(15)
            try await other.cycle()
        }
        #expect(try await queue.arguments("a") == "3")
        #expect(try await queue.key("lane") == "a = h=x")
        #expect(try await queue.key("next") == nil)
        #expect(try await queue.audit() == [])
        try await queue.advance(1)
        let last = try await queue.worker("last")
        #expect(try await last.drain() == ["a"])
        try await queue.expectNothingLeft()
        #expect(try await queue.key("unique") == nil)
    }

    @Test(arguments: ["completed", "discarded", "deleted"]) func theEndHandsTheFingerprintOver(_ end: String) async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.unique("b", "k", replace, args: "2", options: #""priority":2"#) == "[next a]")
        switch end {
        case "completed": try await worker.cycle(0, settling: ["a"])
        case "discarded": try await worker.cycle(0, settling: ["a"], .discarded(error: #""x""#))
        default:
            #expect(try await queue.fcall(["delete", "a"]) == "[a, cancelling]")
            try await worker.cycle(0, settling: ["a"], .release)
        }
        #expect(try await queue.key("unique") == "k = b")
        #expect(try await queue.key("priority") == "b = 2")
        #expect(try await queue.arguments("b") == "2")
        #expect(try await queue.arguments("a") == "1")
        #expect(try await queue.audit() == [])
        #expect(try await worker.drain() == ["b"])
        try await queue.expectNothingLeft()
        #expect(try await queue.key("unique") == nil)
    }

    @Test func runAgainAfterARunIsANewJobWithTheSameArguments() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", args: "7", options: #""lane":"h=x","priority":1"#)
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.unique("b", "k", again, args: "8") == "[next a]")
        try await worker.cycle(0, settling: ["a"])
        #expect(try await queue.arguments("b") == "7")
        #expect(try await queue.key("lane") == "a = h=x\nb = h=x")
        #expect(try await queue.key("priority") == "a = 1\nb = 1")
        #expect(try await queue.audit() == [])
        #expect(try await worker.drain() == ["b"])
        #expect(try await queue.key("unique") == nil)
    }

    @Test func runAgainIsDoneByARetry() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        _ = try await queue.unique("b", "k", again)
        try await worker.cycle(0, settling: ["a"], .retry(after: .milliseconds(1), error: #""x""#))
        #expect(try await queue.key("next") == nil)
        try await queue.advance(1)
        #expect(try await worker.drain() == ["a"])
        #expect(try await queue.state("b") == nil)
    }

    @Test func aSuccessorWhoseIDIsTakenGetsAnother() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        _ = try await queue.unique("b", "k", replace, args: "2")
        try await queue.add("b")
        try await worker.cycle(0, settling: ["a"])
        let owner = try #require(try await queue.redis("HGET", "unique", "k"))
        #expect(owner.hasPrefix("S") && owner.count == 12)
        #expect(try await queue.arguments(owner) == "2")
        #expect(try await queue.audit() == [])
    }

    @Test func anOwnerKeepsItsBatchAndASuccessorHasNone() async throws {
        let queue = try await LuaQueue()
        let member = #"{"kind":"k","batch":"B","trace":{"t":"1"},"args":1}"#
        let plain = #"{"kind":"k","batch":"C","version":2,"args":2}"#
        let options = #"{"unique":{"key":"k","conflict":"replace"}}"#
        _ = try await queue.fcall(["sluice_enqueue", "a", member, options])
        _ = try await queue.fcall(["sluice_enqueue", "b", plain, options])
        #expect(try await queue.redis("HGET", "spec", "a") == #"{"kind":"k","version":2,"batch":"B","args":2}"#)
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        _ = try await queue.fcall(["sluice_enqueue", "c", plain, options])
        try await worker.cycle(0, settling: ["a"])
        #expect(try await queue.redis("HGET", "spec", "c") == #"{"kind":"k","version":2,"args":2}"#)
    }

    @Test func aChainIsLeftWithTheLane() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", options: #""lane":"chain=c""#)
        try await queue.add("z", options: #"{"lane":"chain=c"}"#)
        let worker = try await queue.worker()
        #expect(try await worker.claim(5) == ["a"])
        _ = try await queue.unique("b", "k", replace, args: "2", options: #""lane":"h=x""#)
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(5), error: #""x""#))
        #expect(try await queue.audit() == [])
        #expect(try await worker.claim(5) == ["z"])
        try await worker.cycle(0, settling: ["z"])
        try await queue.advance(6)
        #expect(try await worker.drain() == ["a"])
        try await queue.expectNothingLeft()
    }

    @Test func aRetryableOwnerMovesWithItsChain() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k", options: #""lane":"chain=c""#)
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(5), error: #""x""#))
        #expect(try await queue.unique("b", "k", replace, args: "2") == "[replaced a]")
        #expect(try await queue.redis("EXISTS", "gate:chain=c") == "0")
        #expect(try await queue.audit() == [])
        try await queue.advance(6)
        #expect(try await worker.drain() == ["a"])
        try await queue.expectNothingLeft()
    }

    @Test func whatComesFromAnotherSlotIsCancelledIfAnEqualOneIsThere() async throws {
        let queue = try await LuaQueue()
        let other = try await queue.other("other")
        try await other.unique("owner", "k")
        try await queue.add("parent")
        let options = #"{"after":{"id":"parent"},"target":"other","unique":{"key":"k"}}"#
        #expect(try await queue.fcall(["sluice_enqueue", "a", #"{"kind":"k"}"#, options]) == "[added a]")
        #expect(try await queue.key("unique") == nil)
        let worker = try await queue.worker()
        let messages = try await queue.end("parent", worker)
        #expect(try await queue.deliver(queue.moved(messages), to: other) == 0)
        try await queue.acknowledge(messages)
        #expect(try await other.state("a") == "cancelled")
        #expect(try await other.key("errors")?.contains("owner, which has the same fingerprint") == true)
        #expect(try await other.key("unique") == "k = owner")
        #expect(try await other.audit() == [])
        #expect(try await queue.audit() == [])
    }

    @Test func aFollowerOwnsItsFingerprintWhileItWaits() async throws {
        let queue = try await LuaQueue()
        try await queue.add("parent")
        #expect(try await queue.follow("a", after: "parent", more: #""unique":{"key":"k"}"#) == "[added a]")
        #expect(try await queue.unique("b", "k", replace, args: "2") == "[replaced a]")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["parent"])
        try await worker.cycle(0, settling: ["parent"], .discarded(error: #""x""#))
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await queue.key("unique") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aRunThatEnqueuesItselfIsSucceeded() async throws {
        let queue = try await LuaQueue()
        try await queue.unique("a", "k")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        var jobs = CommittedJobs()
        jobs.append(.unique("b", "k", .whileLive, .replaceArguments, args: "2"), to: "mail", of: "mail")
        jobs.append(.unique("c", "l"), to: "mail", of: "mail")
        jobs.append(.unique("d", "l", .whileLive, .fail), to: "mail", of: "mail")
        _ = try await worker.cycle(settling: JobID(known: "a"), .completed(result: nil), committing: jobs)
        #expect(try await queue.key("unique") == "k = b\nl = c")
        #expect(try await queue.arguments("b") == "2")
        #expect(try await queue.state("d") == nil)
        #expect(try await queue.audit() == [])
    }
}
