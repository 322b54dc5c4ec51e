import SluiceCore
import SluiceStore
import Testing

/// Jobs changed by what they are, step by step.
@Suite(.timeLimit(.minutes(10)))
struct BulkTests {
    /// One job in each state, of a queue with a fixed name, so that two of them are alike.
    private func oneOfEach() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for (id, outcome) in [
            ("completed", Settlement.Outcome.completed(result: Array("1".utf8))), ("cancelled", .cancelled(error: "")),
            ("discarded", .discarded(error: #""no""#)), ("retryable", .retry(after: .seconds(60), error: #""No way""#)),
        ] {
            try await queue.add(id)
            try await worker.cycle(1)
            try await worker.cycle(0, settling: [id], outcome)
        }
        try await queue.add("executing")
        try await worker.cycle(1)
        try await queue.add("available", options: #"{"lane":"h=x"}"#)
        try await queue.add("scheduled", options: #"{"delay":60000}"#)
        try await queue.add("suspended", options: #"{"after":{"id":"scheduled"}}"#)
        _ = try await queue.takeToken()
        return queue
    }

    /// All steps over one state.
    private func all(
        _ queue: LuaQueue, _ sweep: Sweep, _ state: JobState, most: Int = 0, between: () async throws -> Void = {}
    ) async throws -> (steps: Int, total: Sweep.Reply) {
        var place = Sweep.Place(state)
        place.most = most
        if state == .available {
            let page = try await queue.call(LanesWhere(parts: sweep.parts))
            (place.lanes, place.bound) = (page.lanes, page.bound)
        }
        var total = Sweep.Reply()
        var steps = 0
        repeat {
            let reply = try await queue.call(ChangeWhere(sweep, at: place))
            total.looked += reply.looked
            total.matched += reply.matched
            total.changed += reply.changed
            total.cancelling += reply.cancelling
            total.refused += reply.refused
            (place.cursor, place.bound) = (reply.cursor, reply.bound)
            place.lanes.removeFirst(reply.lanes)
            steps += 1
            try await between()
        } while !place.cursor.isEmpty || !place.lanes.isEmpty
        return (steps, total)
    }

    private static let every: [(JobChange, [JobState])] = [
        (.cancel, [.available, .scheduled, .retryable, .suspended, .executing]),
        (.retry, [.scheduled, .retryable, .suspended, .completed, .cancelled, .discarded]),
        (.delete, JobState.allCases), (.reschedule(.after(.seconds(5))), [.available, .scheduled, .retryable]),
    ]

    @Test(arguments: every.indices) func doesWhatTheChangeOfAnIdDoes(_ index: Int) async throws {
        let (change, states) = Self.every[index]
        for state in states {
            let (bulk, single) = (try await oneOfEach(), try await oneOfEach())
            let before = (try await bulk.dump(), try await single.dump())
            let (_, total) = try await all(bulk, Sweep(change), state)
            _ = try await single.fcall([change.name] + (change.due == nil ? [] : ["5000"]) + [state.rawValue])
            #expect(total.matched == 1 && total.changed + total.cancelling == 1, "\(change) \(state)")
            let found = (
                changes(from: before.0, to: try await bulk.dump()), changes(from: before.1, to: try await single.dump())
            )
            #expect(found.0 == found.1, "\(change) \(state)")
            #expect(!found.0.isEmpty)
            #expect(try await bulk.audit() == [])
        }
    }

    @Test func conditionsChoose() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for (id, kind, error) in [("a", "x", #""Timeout at 3""#), ("b", "y", #"{"message":"timeout"}"#), ("c", "x", #""other""#)]
        {
            _ = try await queue.fcall(["sluice_enqueue", id, #"{"kind":"\#(kind)"}"#, #"{"lane":"h=\#(id)&t=1"}"#])
            try await worker.cycle(1)
            try await worker.cycle(0, settling: [id], .discarded(error: error))
            try await queue.advance(10)
        }
        func count(_ sweep: Sweep) async throws -> [String] {
            try await queue.call(CountWhere(sweep, at: Sweep.Place(.discarded))).groups.map(\.example.text).sorted()
        }
        #expect(try await count(Sweep(.delete)) == ["a", "b", "c"])
        #expect(try await count(Sweep(.delete, kind: "x")) == ["a", "c"])
        #expect(try await count(Sweep(.delete, parts: ["h=b"])) == ["b"])
        #expect(try await count(Sweep(.delete, parts: ["h=b", "t=1"])) == ["b"])
        #expect(try await count(Sweep(.delete, parts: ["h="])) == [])
        #expect(try await count(Sweep(.delete, error: "TIMEOUT")) == ["a", "b"])
        #expect(try await count(Sweep(.delete, age: .seconds(20))) == ["a", "b"])
        #expect(try await count(Sweep(.delete, kind: "x", error: "timeout", age: .seconds(20))) == ["a"])
        let (_, total) = try await all(queue, Sweep(.delete, kind: "x", error: "timeout"), .discarded)
        #expect(total.looked == 3 && total.matched == 1 && total.changed == 1)
        #expect(try await queue.state("a") == nil)
        #expect(try await queue.audit() == [])
    }

    /// All have the same score, so that only their ids tell them apart; those before and behind the cursor go meanwhile.
    @Test func eachIsSeenOnceWhileOthersGo() async throws {
        let queue = try await LuaQueue()
        let ids = (0..<300).map { "J\($0 % 2 == 0 ? "" : "a")\($0)" }
        for id in ids { try await queue.add(id, options: #"{"delay":60000}"#) }
        var gone = Set<String>()
        var rest = ids.shuffled()
        let (steps, total) = try await all(queue, Sweep(.delete, parts: ["no=1"]), .scheduled) {}
        // A step ends after a ms, but not before it has looked at ten.
        #expect(total.looked == 300 && total.matched == 0 && steps <= 31)
        let counted = try await all(queue, Sweep(.delete), .scheduled, most: 7) {
            let id = rest.removeLast()
            if try await queue.fcall(["delete", id]).contains("deleted") { gone.insert(id) }
        }
        #expect(counted.steps > 20)
        #expect(counted.total.changed + gone.count == 300)
        #expect(try await queue.status("scheduled") == 0)
        #expect(try await queue.audit() == [])
    }

    @Test func whatComesMeanwhileIsLeftAlone() async throws {
        let queue = try await LuaQueue()
        try await queue.add(50, "old")
        var more = 0
        let (steps, total) = try await all(queue, Sweep(.cancel), .available, most: 7) {
            more += 1
            try await queue.add(20, "new\(more)-")
        }
        #expect(steps >= 8 && total.changed == 50 && total.looked == 50)
        #expect(try await queue.status("available") == 20 * more)
        #expect(try await queue.audit() == [])
    }

    @Test func reschedulingMeetsNoneTwice() async throws {
        let queue = try await LuaQueue()
        for number in 0..<40 { try await queue.add("j\(number)", options: #"{"delay":\#(1000 * (number + 1))}"#) }
        let (_, total) = try await all(queue, Sweep(.reschedule(.after(.seconds(20)))), .scheduled, most: 3) {
            try await queue.advance(0.01)
        }
        // One was due then already.
        #expect(total.changed == 39)
        #expect(try await queue.key("scheduled")?.split(separator: "\n").allSatisfy { $0.hasPrefix("T+20000 ") } == true)
    }

    @Test func goesThroughManyLanes() async throws {
        let queue = try await LuaQueue()
        for number in 0..<60 { try await queue.add(3, "j\(number)-", lane: "h=\(number)&t=\(number % 2)") }
        let some = try await all(queue, Sweep(.cancel, parts: ["t=1"]), .available, most: 10)
        #expect(some.total.changed == 90 && some.total.looked == 90 && some.steps >= 9)
        let (_, rest) = try await all(queue, Sweep(.delete), .available)
        #expect(rest.changed == 90)
        #expect(try await queue.key("lanes") == nil)
        #expect(try await queue.key("ready") == nil)
        #expect(try await queue.audit() == [])
    }

    /// A follower that its job takes along is not met again in the same step.
    @Test func whatAStepHasMovedIsNotChangedAgain() async throws {
        let queue = try await LuaQueue()
        try await queue.add("first", options: #"{"delay":60000}"#)
        try await queue.add("second", options: #"{"after":{"id":"first"}}"#)
        try await queue.add("third", options: #"{"after":{"id":"second"}}"#)
        let (_, total) = try await all(queue, Sweep(.cancel), .suspended)
        #expect(total.changed >= 1)
        _ = try await queue.worker().cycle(0)
        #expect(try await queue.status("total_cancelled") == 2)
        #expect(try await queue.audit() == [])
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let queue = try await oneOfEach()
        for (words, message) in [
            (["cancel", "", "completed", "", "", "0", "0"], "cannot cancel jobs that are completed"),
            (["retry", "", "executing", "", "", "0", "0"], "cannot retry jobs that are executing"),
            (["drop", "", "completed", "", "", "0", "0"], "cannot drop"),
            (["delete", "", "nowhere", "", "", "0", "0"], "cannot delete jobs that are nowhere"),
            (["delete", "", "completed", "x", "", "0", "0"], "no such cursor"),
            (["delete", "", "executing", "x", "", "0", "0"], "no such cursor"),
            (["delete", "", "completed", "", "x", "0", "0"], "no such bound"),
            (["delete", "", "completed", "", "", "0", "1", "color", "red"], "no such condition"),
            (["delete", "", "completed", "", "", "0", "1", "kind"], "conditions must be pairs of name and value"),
            (["reschedule", "soon", "scheduled", "", "", "0", "0"], "delay"),
        ] {
            try await queue.checkRefused(["change_where"] + words, message)
        }
        try await queue.checkRefused(["lanes_where", "x"], "no such cursor")
    }
}
