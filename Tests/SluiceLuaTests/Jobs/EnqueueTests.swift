import SluiceCore
import SluiceStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct EnqueueTests {
    @Test func addsJobsAndWakesOneWorker() async throws {
        let queue = try await LuaQueue()
        try await queue.check(
            ["enqueue", "p", "1", "2", "a", #"{"kind":"x"}"#, "b", #"{"kind":"y"}"#],
            """
            = []
            + calls: last sequence = 0/T+0.1
            + calls: p = 1 T+0 []
            + config: format = 1
            + events: from= to=available ids=a b
            + lanes: 0/T+0.0
            + ready: 2814749767106560
            + spec: a = {"kind":"x"}
            + spec: b = {"kind":"y"}
            + stats: enqueued = 2
            + wait:: 5/T+0.0 a
            + wait:: 5/T+0.1 b
            + wake: 1
            """)
    }

    @Test func optionsDecideLanePriorityAndTime() async throws {
        let queue = try await LuaQueue()
        let options = ["0", #"{"delay":1500}"#, "1", #"{"priority":0,"lane":"h=x"}"#, "2", #"{"at":1}"#]
        try await queue.check(
            ["enqueue", "p", "1", "4", "a", "{}", "b", "{}", "c", "{}", "d", "{}"] + options,
            """
            = []
            + calls: last sequence = 0/T+0.3
            + calls: p = 1 T+0 []
            + config: format = 1
            + created: a = T+0
            + events: from= to=available ids=b c d
            + events: from= to=scheduled ids=a
            + lane: b = h=x
            + lanes: 0/T+0.1 h=x
            + lanes: 0/T+0.2
            + priority: b = 0
            + ready: 0 h=x
            + ready: 2814749767106560
            + scheduled: T+1500 a
            + spec: a = {}
            + spec: b = {}
            + spec: c = {}
            + spec: d = {}
            + stats: enqueued = 4
            + wait:: 5/T+0.2 c
            + wait:: 5/T+0.3 d
            + wait:h=x: 0/T+0.1 b
            + wake: 1
            """)
    }

    @Test func aStarIsForAllThatHaveNoOptionsOfTheirOwn() async throws {
        let queue = try await LuaQueue()
        let options = ["*", #"{"links":["batch.x"]}"#, "1", #"{"priority":0,"links":["batch.x"]}"#]
        try await queue.check(
            ["enqueue", "p", "1", "3", "a", "{}", "b", "{}", "c", "{}"] + options,
            """
            = []
            + calls: last sequence = 0/T+0.2
            + calls: p = 1 T+0 []
            + config: format = 1
            + events: from= to=available ids=a b c
            + lanes: 0/T+0.1
            + links: a = batch.x
            + links: b = batch.x
            + links: c = batch.x
            + priority: b = 0
            + ready: 0
            + spec: a = {}
            + spec: b = {}
            + spec: c = {}
            + stats: enqueued = 3
            + wait:: 0/T+0.1 b
            + wait:: 5/T+0.0 a
            + wait:: 5/T+0.2 c
            + wake: 1
            """)
    }

    @Test func whatIsThereIsNotAddedAgain() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        try await queue.check(
            ["enqueue", "p", "1", "3", "a", "{}", "b", "{}", "b", "{}"],
            """
            = [0, exists, a, 2, exists, b]
            - calls: last sequence = 0/T+0.0
            + calls: last sequence = 0/T+0.3
            + calls: p = 1 T+0 [0,"exists","a",2,"exists","b"]
            + events: from= to=available ids=b
            + spec: b = {}
            - stats: enqueued = 1
            + stats: enqueued = 2
            + wait:: 5/T+0.2 b
            """)
    }

    @Test func aRepeatedCallIsAnsweredAsBefore() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let call = ["enqueue", "p", "7", "2", "a", "{}", "b", "{}"]
        #expect(try await queue.fcall(call) == "[0, exists, a]")
        _ = try await queue.fcall(["delete", "a", "b"])
        try await queue.check(call, "= [0, exists, a]")
        try await queue.check(["enqueue", "p", "6", "1", "c", "{}"], "= [0, exists, a]")
        #expect(try await queue.fcall(["enqueue", "p", "8", "1", "b", "{}"]) == "[]")
        #expect(try await queue.state("b") == "available")
    }

    /// A call with one plain job takes a straight way. Options, even if they are empty, take it off that way.
    @Test(arguments: ["new", "there", "urgent", "parked"])
    func oneJobEndsUpWhereOneOfManyDoes(_ before: String) async throws {
        var dumps: [[String: String]] = []
        for options in [[], ["0", ""]] {
            let queue = try await LuaQueue()
            switch before {
            case "there": try await queue.add("a")
            case "urgent": try await queue.add("u", options: #"{"priority":0}"#)
            case "parked": try await queue.add("l", options: #"{"lane":"h=x"}"#)
            default: break
            }
            _ = try await queue.fcall(["enqueue", "p", "1", "1", "a", "{}"] + options)
            #expect(try await queue.audit() == [])
            dumps.append(try await queue.dump())
        }
        // On the straight way, a job that is there takes no sequence.
        if before == "there" { for index in dumps.indices { dumps[index]["calls"] = nil } }
        #expect(dumps[0] == dumps[1])
    }

    /// A job of the queue's own lane goes before jobs of a worse class that wait there.
    @Test func oneJobLiftsItsLaneAboveAWorseClass() async throws {
        let queue = try await LuaQueue()
        try await queue.add("late", options: #"{"priority":9}"#)
        _ = try await queue.fcall(["enqueue", "p", "1", "1", "a", "{}"])
        #expect(try await queue.audit() == [])
        #expect(try await queue.worker().claim(2) == ["a", "late"])
    }

    @Test func callsOfProducersThatAreGoneAreForgotten() async throws {
        let queue = try await LuaQueue()
        for number in 0..<100 { _ = try await queue.fcall(["enqueue", "old\(number)", "1", "1", "a\(number)", "{}"]) }
        try await queue.advance(3601)
        for number in 0..<100 { _ = try await queue.fcall(["enqueue", "new\(number)", "1", "1", "b\(number)", "{}"]) }
        let left = try #require(try await queue.key("calls")).split(separator: "\n")
        #expect(left.count { $0.hasPrefix("new") } == 100)
        #expect(left.count { $0.hasPrefix("old") } < 50)
        #expect(left.contains { $0.hasPrefix("last sequence = ") })
    }

    @Test func byHandMakesIDsAndTellsWhatBecameOfEach() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let reply = try await queue.fcall(["sluice_enqueue", "", #"{"kind":"x"}"#, "", "a", #"{"kind":"x"}"#, ""])
        let made = try #require(reply.wholeMatch(of: /\[added (S[0-9A-Z]{11}), exists a\]/)?.output.1)
        #expect(try await queue.key("spec") == "\(made) = {\"kind\":\"x\"}\na = {\"kind\":\"k\"}")
        #expect(try await queue.audit() == [])
    }

    @Test func argumentsOutOfBoundsAreRefused() async throws {
        let queue = try await LuaQueue()
        try await queue.add("x")
        let thousandAndOne = (0...1000).flatMap { ["j\($0)", "{}"] }
        let refused: [([String], String)] = [
            (["", "1", "1", "a", "{}"], "producer must be"), (["p", "x", "1", "a", "{}"], "n must be"),
            (["p", "1", "0"], "count must be"),
            (["p", "1", "1001"] + thousandAndOne, "count must be a whole number from 1 to 1000"),
            (["p", "1", "2", "a", "{}"], "jobs must be pairs of id and spec"), (["p", "1", "1", "a b", "{}"], "id must be"),
            (["p", "1", "1", "a b", "{}", "0", ""], "id must be"), (["p", "1", "1", "a"], "jobs must be pairs of id and spec"),
            (["p", "1", "1", String(repeating: "a", count: 129), "{}"], "id must be"),
            (["p", "1", "1", "a", "{}", "1", "{}"], "position must be"),
            (["p", "1", "1", "a", "{}", "0", "[1"], "options must be"),
            (["p", "1", "1", "a", "{}", "0", #"{"priority":10}"#], "priority must be"),
            (["p", "1", "1", "a", "{}", "0", #"{"delay":-1}"#], "delay must be"),
            (["p", "1", "2", "", "{}", "b", "{}", "0", #"{"lane":null}"#], "lane must be"),
        ]
        for (arguments, message) in refused { try await queue.checkRefused(["enqueue"] + arguments, message) }
        try await queue.checkRefused(["sluice_enqueue", "a", "{}"], "jobs must be groups of id, spec and options")
        try await queue.checkRefused(["sluice_enqueue", "a", "{}", ""], "a spec needs a kind")
    }

    @Test func aLargeBatchIsToldInEntriesOfTwoHundredAndFifty() async throws {
        let queue = try await LuaQueue()
        try await queue.add(600, "j")
        let entries = try #require(try await queue.key("events")).split(separator: "\n")
        let told = entries.map { $0.replacing("from= to=available ids=", with: "").split(separator: " ").map(String.init) }
        #expect(told.map(\.count) == [250, 250, 100])
        #expect(told.flatMap(\.self) == (0..<600).map { "j\($0)" })
    }

    @Test func aFullThousandGoesInAndComesOutInOrder() async throws {
        let queue = try await LuaQueue()
        try await queue.add(1000, "j")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1000) == (0..<1000).map { "j\($0)" })
        try await worker.cycle(0, settling: (0..<1000).map { "j\($0)" })
        #expect(try await queue.status("completed") == 1000)
        #expect(try await queue.audit() == [])
    }
}
