import SluiceCore
import SluiceStore
import Testing

/// Why a job does not run: every reason, with names, counts and times.
@Suite(.timeLimit(.minutes(10)))
struct ExplainTests {
    private let queue: LuaQueue
    private let worker: ScriptedWorker

    init() async throws {
        queue = try await LuaQueue()
        worker = try await queue.worker("w", lease: .seconds(3600))
    }

    private func unavailable(_ ids: [String], _ name: String) async throws {
        try await worker.cycle(
            0, settling: ids, .unavailable(dependency: name, retryAfter: nil, maxWaits: nil, error: "1"))
    }

    @Test func whatIsNotThereHasNoReason() async throws {
        #expect(try await queue.reasons("x") == [])
        try await queue.checkRefused(["explain"], "[]")
        try await queue.checkRefused(["sluice_explain", "x"], "[]")
    }

    @Test func states() async throws {
        try await queue.add("a", options: #"{"delay":5000}"#)
        #expect(try await queue.reasons("a") == [#"scheduled {"due":T+5000,"state":"scheduled"}"#])
        try await queue.add(3, "b")
        #expect(try await queue.reasons("b0") == ["next {}"])
        #expect(try await worker.claim(2) == ["b0", "b1"])
        try await queue.setClock(100)
        #expect(
            try await queue.reasons("b0")
                == [#"executing {"attempt":1,"host":"host-of-w","since":T+0,"worker":"w"}"#])
        try await worker.cycle(0, settling: ["b0"], .retry(after: .seconds(3), error: "1"))
        #expect(try await queue.reasons("b0") == [#"scheduled {"due":T+3100,"state":"retryable"}"#])
        try await worker.cycle(0, settling: ["b1"])
        #expect(try await queue.reasons("b1") == [#"ended {"at":T+100,"state":"completed"}"#])
        try await queue.redis("ZADD", "suspended", "5", "b1")
        try await queue.redis("ZREM", "completed", "b1")
        #expect(try await queue.reasons("b1") == ["suspended {}"])
    }

    @Test func aRunOfADeadWorker() async throws {
        try await queue.add("a")
        let mortal = try await queue.worker("mortal", lease: .seconds(2))
        #expect(try await mortal.claim(1) == ["a"])
        #expect(try await queue.reasons("a").map { $0.prefix(9) } == ["executing"])
        #expect(try await queue.status("workers") == 2)
        try await queue.setClock(2000)
        #expect(try await queue.reasons("a").last == #"dead_worker {"since":T+2000,"worker":"mortal"}"#)
        #expect(try await queue.status("workers") == 1)
        try await worker.cycle()
        #expect(try await queue.reasons("a") == ["next {}"])
    }

    @Test func aSuspect() async throws {
        try await queue.add("a")
        for _ in 1...2 {
            let mortal = try await queue.worker("mortal", lease: .seconds(2))
            #expect(try await mortal.claim(1) == ["a"])
            try await queue.advance(2)
            try await worker.cycle()
        }
        #expect(
            try await queue.reasons("a")
                == [#"scheduled {"due":T+14000,"state":"retryable"}"#, #"suspect {"crashes":2,"due":T+14000}"#])
    }

    @Test func theQueueAsAWhole() async throws {
        try await queue.declare("concurrency", "2", "rate", "2/1000/30")
        try await queue.add(5, "a")
        #expect(try await worker.claim(2).count == 2)
        _ = try await queue.fcall(["pause", "we move house"])
        let reasons = try await queue.reasons("a3")
        #expect(
            reasons.filter { !$0.hasPrefix("queue_rate") }
                == [
                    #"paused {"reason":"we move house","since":T+0}"#, #"queue_concurrency {"limit":2,"running":2}"#,
                    #"position {"lane":"","of":3,"position":2}"#,
                ])
        let rate = try #require(reasons.first { $0.hasPrefix("queue_rate") })
        #expect(rate.contains(#""allowance":2,"next":T+103"#) && rate.contains(#""period":1000"#))
    }

    @Test func aGateThatIsFull() async throws {
        try await queue.declare("concurrency/account", "2")
        try await queue.add(4, "a", lane: "account=42")
        try await queue.add(3, "b", lane: "account=42&n=1")
        #expect(try await worker.claim(1) == ["a0"])
        try await queue.setClock(500)
        #expect(try await worker.claim(9) == ["b0"])
        let full =
            #"gate_concurrency {"gate":"account=42","held":[{"id":"a0","since":T+0,"worker":"w"},{"id":"b0","since":T+500,"worker":"w"}],"limit":2,"running":2}"#
        #expect(
            try await queue.reasons("a2")
                == [
                    full, #"parked {"gate":"account=42","lanes":2,"position":1}"#,
                    #"position {"lane":"account=42","of":3,"position":2}"#,
                ])
        #expect(try await queue.reasons("b1") == [full, #"parked {"gate":"account=42","lanes":2,"position":2}"#])
    }

    @Test func aGateWhoseRateIsUsedUp() async throws {
        try await queue.declare("rate/host", "2/10000/1")
        try await queue.add(4, "a", lane: "host=x")
        #expect(try await worker.claim(9).count == 2)
        let reasons = try await queue.reasons("a2")
        #expect(reasons.count == 2)
        #expect(reasons[0].hasPrefix(#"gate_rate {"allowance":2,"gate":"host=x","next":T+100"#))
        #expect(reasons[0].hasSuffix(#""period":10000}"#))
        #expect(reasons[1] == #"parked {"gate":"host=x","lanes":1,"position":1}"#)
    }

    @Test func aBreaker() async throws {
        try await queue.declare("breaker/host", "2/10000/20000")
        try await queue.add(6, "a", lane: "host=x")
        #expect(try await worker.claim(2).count == 2)
        try await unavailable(["a0", "a1"], "host")
        #expect(try await worker.claim(9) == [])
        let parked = #"parked {"gate":"host=x","lanes":1,"position":1}"#
        #expect(
            try await queue.reasons("a2") == [#"breaker {"gate":"host=x","state":"open","until":T+20000}"#, parked])
        #expect(try await queue.reasons("a1") == [#"scheduled {"due":T+20000,"state":"scheduled"}"#])
        try await queue.setClock(20_000)
        #expect(try await worker.claim(9) == ["a0"])
        #expect(
            try await queue.reasons("a1")
                == [#"breaker {"gate":"host=x","probe":"a0","state":"half-open","until":T+20000}"#, parked])
    }

    @Test func aDependencyThatIsOff() async throws {
        try await queue.setClock(700)
        _ = try await queue.fcall(["switch", "tmdb", "off"])
        _ = try await queue.fcall(["switch", "imdb", "off"])
        try await queue.add(1, "a", lane: "imdb?&tmdb")
        #expect(try await queue.reasons("a0") == [#"off {"dependency":"tmdb","since":T+700}"#])
        #expect(try await worker.claim(1) == [])
        #expect(
            try await queue.reasons("a0")
                == [#"off {"dependency":"tmdb","since":T+700}"#, #"parked {"gate":"tmdb","lanes":1,"position":1}"#])
    }

    @Test func aPlaceThatIsWithheld() async throws {
        try await queue.declare("concurrency/account", "2", "concurrency/host", "1")
        try await queue.add(9, "a", lane: "account=1")
        try await queue.add(1, "b", lane: "account=1&host=x")
        #expect(try await worker.claim(1) == ["a0"])
        try await queue.redis("SET", "reserve", "\(queue.start + 60_000) account=1&host=x")
        #expect(
            try await queue.reasons("a1").first
                == #"reserved {"gate":"account=1","lane":"account=1&host=x","until":T+60000}"#)
        #expect(try await queue.reasons("b0").allSatisfy { !$0.hasPrefix("reserved") })
    }

    @Test func lanesThatAreServedBefore() async throws {
        for name in ["x", "y", "z"] { try await queue.add(2, name, lane: "host=" + name) }
        #expect(
            try await queue.reasons("z1")
                == [#"position {"lane":"host=z","of":2,"position":2}"#, #"lanes_ahead {"lanes":2}"#])
        #expect(try await queue.reasons("x0") == ["next {}"])
    }

    @Test func nobodyIsThere() async throws {
        try await queue.add(1, "a")
        #expect(try await worker.leave())
        #expect(try await queue.reasons("a0") == ["no_worker {}"])
    }

    @Test func nobodyKnowsTheKind() async throws {
        let queue = try await LuaQueue()
        try await queue.add(1, "a")
        for (name, kinds) in [("one", #"["x","y"]"#), ("two", "[]")] {
            _ = try await queue.fcall(["resync", name, "1", "3600000", #"{"host":"h","kinds":\#(kinds)}"#])
        }
        #expect(try await queue.reasons("a0") == [#"unknown_kind {"kind":"k","workers":2}"#])
        for (name, kinds) in [("three", #"["k"]"#), ("three", #"["*"]"#)] {
            let session = kinds == #"["k"]"# ? "1" : "2"
            _ = try await queue.fcall(["resync", name, session, "3600000", #"{"host":"h","kinds":\#(kinds)}"#])
            #expect(try await queue.reasons("a0") == ["next {}"])
        }
    }

    @Test func itChangesNothing() async throws {
        try await queue.declare("rate/host", "1/100000", "breaker/host", "1/1000/1000", "concurrency/host", "1")
        try await queue.add(3, "a", lane: "host=x")
        _ = try await worker.claim(3)
        try await queue.setClock(190_000)
        let before = try await queue.dump()
        for call in [["explain", "a1"], ["explain", "a0"], ["limits"], ["limits", "host=x"], ["dependencies"]] {
            _ = try await queue.fcall(call)
        }
        #expect(try await queue.dump() == before)
    }
}
