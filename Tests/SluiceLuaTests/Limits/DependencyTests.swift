import SluiceCore
import SluiceStore
import Testing

/// Dependencies that operators switch off and on.
@Suite(.timeLimit(.minutes(10)))
struct DependencyTests {
    @Test func whileItIsOffJobsWaitOrRunWithout() async throws {
        let queue = try await LuaQueue()
        try await queue.add(2, "must", lane: "tmdb")
        try await queue.add(2, "may", lane: "imdb?")
        try await queue.add(2, "both", lane: "imdb?&tmdb")
        try await queue.add(2, "free")
        #expect(try await queue.fcall(["switch", "tmdb", "off"]) == "1")
        #expect(try await queue.fcall(["sluice_switch", "imdb", "off"]) == "1")
        #expect(try await queue.fcall(["switch", "imdb", "off"]) == "0")
        let worker = try await queue.worker()
        let jobs = try await worker.cycle(20).jobs
        #expect(jobs.map(\.id.text).sorted() == ["free0", "free1", "may0", "may1"])
        for job in jobs { #expect(job.without == (job.id.text.hasPrefix("may") ? ["imdb"] : []), "\(job.id)") }
        #expect(try await queue.key("where") == "imdb?&tmdb = tmdb\ntmdb = tmdb")
        #expect(try await queue.key("gate:imdb") == nil)
        #expect(try await queue.audit() == [])
        while try await queue.takeToken() {}
        #expect(try await queue.fcall(["switch", "tmdb", "on"]) == "1")
        #expect(try await queue.takeToken())
        let rest = try await worker.cycle(20).jobs
        #expect(rest.map(\.id.text).sorted() == ["both0", "both1", "must0", "must1"])
        for job in rest { #expect(job.without == (job.id.text.hasPrefix("both") ? ["imdb"] : []), "\(job.id)") }
        #expect(try await queue.fcall(["switch", "tmdb", "on"]) == "0")
        #expect(try await queue.members("tmdb") == 4)
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func theReplyNamesAllThatIsOff() async throws {
        let queue = try await LuaQueue()
        try await queue.add(1, "a", lane: "imdb?&omdb?&tmdb?")
        for name in ["imdb", "tmdb"] { _ = try await queue.fcall(["switch", name, "off"]) }
        let reply = try await queue.worker().cycle(1)
        #expect(reply.jobs.first?.without == ["imdb", "tmdb"])
        #expect(try await queue.key("executing") == "a0 = F+0 w 1 T+0 5/T+0.0 omdb imdb?&omdb?&tmdb?")
    }

    @Test func whatRunsGoesOnAndLeavesItsGate() async throws {
        let queue = try await LuaQueue()
        try await queue.add(4, "a", lane: "tmdb")
        let worker = try await queue.worker()
        #expect(try await worker.claim(2) == ["a0", "a1"])
        _ = try await queue.fcall(["switch", "tmdb", "off"])
        #expect(try await worker.cycle(5, settling: ["a0", "a1"]).jobs.count == 0)
        #expect(try await queue.members("tmdb") == 0)
        #expect(try await queue.audit() == [])
        _ = try await queue.fcall(["switch", "tmdb", "on"])
        #expect(try await worker.drain() == ["a2", "a3"])
    }

    @Test func aLaneThatMayDoWithoutLeavesTheGateItIsParkedAt() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/imdb", "1")
        try await queue.add(3, "a", lane: "imdb?")
        let worker = try await queue.worker()
        #expect(try await worker.claim(3) == ["a0"])
        #expect(try await queue.whereIs("imdb?") == "imdb")
        _ = try await queue.fcall(["switch", "imdb", "off"])
        let jobs = try await worker.cycle(3).jobs
        #expect(jobs.map(\.id.text) == ["a1", "a2"])
        #expect(jobs.allSatisfy { $0.without == ["imdb"] })
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func theListTellsWhatIsOffAndWhatIsNeeded() async throws {
        let queue = try await LuaQueue()
        try await queue.add(7, "a", lane: "imdb?&tmdb")
        try await queue.add(2, "b", lane: "account=1&tmdb")
        let worker = try await queue.worker()
        let ids = try await worker.claim(6)
        try await queue.advance(1)
        try await worker.cycle(
            0, settling: Array(ids.prefix(5)), .unavailable(dependency: "tmdb", retryAfter: nil, maxWaits: nil, error: "1"))
        #expect(try await worker.claim(9) == [])
        _ = try await queue.fcall(["switch", "unused", "off"])
        try await queue.advance(1)
        _ = try await queue.fcall(["switch", "imdb", "off"])
        try await queue.check(
            ["dependencies"],
            "= [[imdb, off, T+2000, closed, 0, 1, 0], [tmdb, on, 0, open, T+21000, 1, 1], "
                + "[unused, off, T+1000, closed, 0, 0, 0]]")
        #expect(try await queue.fcall(["sluice_dependencies"]) == (try await queue.fcall(["dependencies"])))
    }

    @Test(arguments: [["tm db", "off"], ["tmdb", "maybe"], ["", "off"], ["tmdb"], [String(repeating: "x", count: 33), "on"]])
    func refuses(_ words: [String]) async throws {
        let queue = try await LuaQueue()
        try await queue.checkRefused(
            ["switch"] + words, "invalidArgument: the call needs the name of a dependency, and on or off")
    }

    @Test func whatIsEnqueuedByHandHasItsLaneMade() async throws {
        let queue = try await LuaQueue()
        let spec = #"{"kind":"k","partitions":{"host":"a b","account":"42"},"needs":["tmdb","imdb?"]}"#
        _ = try await queue.fcall(["sluice_enqueue", "a", spec, ""])
        #expect(try await queue.key("lane") == "a = account=42&host=a%20b&imdb?&tmdb")
        for (bad, message) in [
            (
                #""partitions":{"host":"\#(String(repeating: "x", count: 65))"}"#,
                "invalidArgument: host takes 65 bytes in the lane"
            ),
            (#""partitions":{"host":"x"},"needs":["host"]"#, "invalidArgument: partitions and needs must have different names"),
            (#""needs":["no good"]"#, "invalidArgument: needs of a spec must be a list of names"),
        ] {
            try await queue.checkRefused(["sluice_enqueue", "b", #"{"kind":"k",\#(bad)}"#, ""], message)
        }
    }
}
