import SluiceCore
import SluiceStore
import Testing

/// What a chain may not have, how people give one to a job, and what is told of it.
@Suite(.timeLimit(.minutes(10)))
struct ChainRuleTests {
    @Test func chainsHaveNoLimitsAndNoPriorities() async throws {
        let queue = try await LuaQueue()
        for name in ["concurrency/chain", "rate/chain", "breaker/chain", "concurrency/chain=k", "weight/chain=k"] {
            let value = name.hasPrefix("rate") ? "1/1000" : name.hasPrefix("breaker") ? "1/1000/1000" : "2"
            try await queue.checkRefused(["declare", "1", name, value], "chain cannot be limited")
            try await queue.checkRefused(["override", name, value], "chain cannot be limited")
        }
        let refused = [
            #"{"lane":"chain=k","priority":4}"#, #"{"lane":"account=1&chain=k","priority":9}"#, #"{"hold":true}"#,
            #"{"lane":"chain="}"#, #"{"lane":"account=1","hold":true}"#, #"{"lane":"x-chain=1","hold":true}"#,
        ]
        for options in refused {
            try await queue.checkRefused(["sluice_enqueue", "a", #"{"kind":"k"}"#, options], "invalidArgument: ")
            try await queue.checkRefused(["enqueue", "p", "1", "1", "a", #"{"kind":"k"}"#, "0", options], "invalidArgument: ")
        }
        try await queue.add("a", options: #"{"lane":"chain=k","priority":5}"#)
        try await queue.add("b", options: #"{"lane":"x-chain=k","priority":4}"#)
        // Limits that hold for single values leave chains as they are.
        try await queue.declare("concurrency/account=1", "2", "weight/account=1", "3")
        try await queue.add("c", "d", options: #"{"lane":"account=1&chain=k"}"#)
        #expect(try await queue.worker().claim(5).sorted() == ["b", "c"])
        #expect(try await queue.members("chain=k") == 1)
    }

    @Test func chainsByHand() async throws {
        let queue = try await LuaQueue()
        let specs = [
            #"{"kind":"k","chain":"order 7"}"#: "chain=order%207",
            #"{"kind":"k","chain":"c","partitions":{"host":"x","account":"1"},"needs":["bank"]}"#:
                "account=1&bank&chain=c&host=x",
            #"{"kind":"k","chain":"ü\u0000","chain_hold":true}"#: "chain=%C3%BC%00",
        ]
        for (spec, lane) in specs {
            _ = try await queue.fcall(["sluice_enqueue", lane.replacing("&", with: "+"), spec, ""])
            #expect(try await queue.redis("HGET", "lane", lane.replacing("&", with: "+")) == lane)
        }
        #expect(try await queue.key("hold") == "chain=%C3%BC%00 = 1")
        for (spec, part) in [
            (#"{"kind":"k","partitions":{"chain":"x"}}"#, "cannot be called chain"),
            (#"{"kind":"k","needs":["chain"]}"#, "cannot be called chain"),
            (#"{"kind":"k","needs":["chain?"],"chain":"x"}"#, "cannot be called chain"), (#"{"kind":"k","chain":7}"#, "a text"),
            (#"{"kind":"k","chain":null}"#, "a text"), (#"{"kind":"k","chain":""}"#, "not empty"),
            (#"{"kind":"k","chain":"\#(String(repeating: "x", count: 65))"}"#, "65 bytes"),
        ] {
            try await queue.checkRefused(["sluice_enqueue", "x", spec, ""], part)
        }
        try await queue.checkRefused(
            ["sluice_enqueue", "x", #"{"kind":"k","chain":"x"}"#, #"{"priority":3}"#], "cannot have a priority")
        #expect(try await queue.worker().claim(5).count == 3)
    }

    @Test func explainNamesWhoHoldsAChain() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c", options: #"{"lane":"chain=k","hold":true}"#)
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a"])
        try await queue.setClock(100)
        let rest = [#"parked {"gate":"chain=k","lanes":1,"position":1}"#, #"position {"lane":"chain=k","of":2,"position":2}"#]
        #expect(
            try await queue.reasons("c")
                == [#"chain {"gate":"chain=k","holder":"a","since":T+0,"state":"executing","worker":"w"}"#] + rest)
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(5), error: "1"))
        #expect(
            try await queue.reasons("c")
                == [#"chain {"due":T+5100,"gate":"chain=k","holder":"a","since":T+0,"state":"retryable","worker":"w"}"#] + rest)
        #expect(try await queue.reasons("a") == [#"scheduled {"due":T+5100,"state":"retryable"}"#])
        try await queue.setClock(5100)
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.key("run") == nil)
        try await worker.cycle(0, settling: ["a"], .snooze(.seconds(5)))
        #expect(
            try await queue.reasons("c")
                == [#"chain {"due":T+10100,"gate":"chain=k","holder":"a","since":T+5100,"state":"scheduled","worker":"w"}"#]
                + rest)
        try await queue.setClock(10_100)
        #expect(try await worker.claim(1) == ["a"])
        try await queue.setClock(10_200)
        try await worker.cycle(0, settling: ["a"], .discarded(error: "1"))
        #expect(
            try await queue.reasons("c")
                == [#"chain {"at":T+10200,"gate":"chain=k","holder":"a","since":T+10100,"state":"discarded","worker":"w"}"#]
                + rest)
        _ = try await queue.fcall(["delete", "a"])
        #expect(try await queue.reasons("b") == ["next {}"])
        // Chains are no limits, and are not listed among them; one that is asked for is told.
        #expect(try await worker.claim(1) == ["b"])
        #expect(try await queue.call(Limits()).gates.isEmpty)
        #expect(try await queue.gate("chain=k").members == 1)
    }
}
