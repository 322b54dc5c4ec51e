import SluiceCore
import SluiceLua
import SluiceStore
import SluiceTesting
import Testing

/// The functions that look: what they tell, and that they change nothing.
@Suite(.timeLimit(.minutes(10)))
struct ViewTests {
    @Test func statusCountsAndTotals() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c")
        try await queue.add("d", options: #"{"delay":1000}"#)
        try await queue.add("e", options: #"{"lane":"h=x"}"#)
        let worker = try await queue.worker()
        try await worker.cycle(2)
        try await queue.advance(0.5)
        try await worker.cycle(0, settling: ["a"])
        try await queue.check(
            ["status"],
            """
            = [available, 2, scheduled, 1, executing, 1, retryable, 0, suspended, 0, completed, 1, cancelled, 0, discarded, 0, oldest_available_ms, 500, oldest_scheduled_ms, 0, oldest_retryable_ms, 0, oldest_suspended_ms, 0, oldest_executing_ms, 500, lanes, 2, workers, 1, paused, , now, T+500, keeps_completed, 1000 3600000, keeps_cancelled, 10000 86400000, keeps_discarded, 10000 604800000, total_enqueued, 5, total_started, 2, total_completed, 1]
            """)
        #expect(try await queue.fcall(["sluice_status"]) == (try await queue.fcall(["status"])))
    }

    @Test func statusTellsHowLateTheNextTickIs() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        #expect(try await queue.fcall(["status"]).contains("cron_late_ms, 0, "))
        try await queue.advance(90)
        #expect(try await queue.fcall(["status"]).contains("cron_late_ms, 30000, "))
    }

    @Test func jobTellsEverything() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"lane":"h=x","priority":3}"#)
        try await queue.check(
            ["job", "a"],
            """
            = [id, a, state, available, spec, {"kind":"k"}, now, T+0, lane, h=x, priority, 3, score, 3/T+0.0]
            """)
        let worker = try await queue.worker()
        try await worker.cycle(1)
        try await queue.check(
            ["job", "a"],
            """
            = [id, a, state, executing, spec, {"kind":"k"}, now, T+0, lane, h=x, priority, 3, record, F+0 w 1 T+0 3/T+0.0 - h=x]
            """)
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(1), error: #""e""#))
        try await queue.check(
            ["job", "a"],
            """
            = [id, a, state, retryable, spec, {"kind":"k"}, now, T+0, lane, h=x, attempts, 1, errors, {"at":T+0,"attempt":1,"worker":"w","error":"e"}, priority, 3, created, T+0, score, T+1000]
            """)
        try await queue.check(["job", "none"], "= []")
        try await queue.check(["job"], "= []")
    }

    @Test func linkedFindsJobsOfABatchInSeveralQueues() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"links":["batch.b"]}"#)
        try await queue.add("of-another", options: #"{"links":["batch.bb"]}"#)
        try await queue.add("alone")
        let ids = ["a", "of-another", "alone", "none"].map(JobID.init(known:))
        let found = try await queue.queues.store.linked(to: "batch.b", among: ids, in: ["unused", queue.name])
        #expect(found.map(\.count) == [0, 1])
        let item = try #require(found[1].first)
        #expect(item.id == JobID(known: "a") && item.kind == "k" && item.state == .available)
        try await queue.checkRefused(["linked", "batch.b"], "the call needs a target and 1 to 999 ids")
        try await queue.checkRefused(["linked"], "target must be")
    }

    @Test func listGoesThroughAllLanesPageByPage() async throws {
        let queue = try await LuaQueue()
        try await queue.add(5, "x", lane: "h=x")
        try await queue.add(4, "y", lane: "h=y")
        try await queue.add(1, "z", lane: "h=z", spec: #"{"kind":"other"}"#)
        var pages: [[String]] = []
        var cursor: String?
        repeat {
            let page = try await queue.call(ListJobs(state: .available, cursor: cursor, limit: 3))
            pages.append(page.items.map(\.id.text))
            cursor = page.cursor
        } while cursor != nil && pages.count < 10
        #expect(pages == [["x0", "x1", "x2"], ["x3", "x4", "y0"], ["y1", "y2", "y3"], ["z0"]])
        let others = try await queue.call(ListJobs(state: .available, kind: "other"))
        #expect(others.items.map(\.id.text) == ["z0"])
    }

    @Test func listShowsEachStateByItsMoment() async throws {
        let queue = try await LuaQueue()
        try await queue.add("run", "done")
        try await queue.add("later", options: #"{"delay":1000}"#)
        let worker = try await queue.worker()
        try await worker.cycle(2)
        try await worker.cycle(0, settling: ["done"])
        try await queue.check(["list", "scheduled", "0", "10"], #"= [0, 1, [later, {"kind":"k"}, 0, T+1000]]"#)
        try await queue.check(["list", "completed"], #"= [0, 1, [done, {"kind":"k"}, 0, T+0]]"#)
        try await queue.check(["list", "executing"], #"= [0, 1, [run, {"kind":"k"}, 0, F+0 w 1 T+0 5/T+0.0 - ]]"#)
        try await queue.check(["list", "discarded"], "= [0, 0, []]")
        try await queue.checkRefused(["list", "spec"], "no such state: spec")
        try await queue.checkRefused(["list"], "no such state")
        try await queue.checkRefused(["list", "available", "0", "1001"], "limit must be")
        try await queue.checkRefused(["list", "executing", "x"], "no such cursor")
    }

    @Test func workersAndTheirLeases() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        try await queue.worker().cycle(1)
        try await queue.advance(10)
        _ = try await queue.worker("v", lease: .seconds(60))
        try await queue.check(["workers"], #"= [w, 20000, 1, {"host":"host-of-w"}, v, 60000, 0, {"host":"host-of-v"}]"#)
    }

    @Test func historyByMinute() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let minute = queue.start / 60_000
        for _ in 0..<2 {
            try await queue.add(2, "j\(try await queue.status("completed") ?? 0)-")
            for id in try await worker.claim(2) { try await worker.cycle(0, settling: [id]) }
            try await queue.advance(60)
        }
        let rows = try await queue.call(HistoryRows(minute...minute + 5))
        #expect(rows.map(\.span) == [minute, minute + 1])
        for row in rows {
            #expect(row.counts == ["enqueued": 2, "started": 2, "completed": 2])
            #expect(row.runs == ["k": "c2|0:2|0:2"])
        }
        #expect(try await queue.call(HistoryRows(minute...minute, kind: "k")).map(\.runs) == [["k": "c2|0:2|0:2"]])
        #expect(try await queue.call(HistoryRows(minute...minute, kind: "other")).map(\.runs) == [[:]])
        try await queue.checkRefused(["history", "5", "5", "day"], "by must be minute or hour")
        try await queue.checkRefused(["history", "5", "4"], "to must be")
        try await queue.checkRefused(["history", "0", "1441"], "to must be")
        try await queue.checkRefused(["history"], "from must be")
    }

    @Test func helpAndVersionNeedNoQueue() async throws {
        let server = try await RedisTestServer.shared()
        for function in ["sluice_help", "sluice1_help"] {
            #expect(try await server.cli("FCALL_RO", function, "0").contains("sluice_enqueue 1 KEY"))
        }
        #expect(try await server.cli("FCALL_RO", "sluice_version", "0") == "1\n\(FunctionLibrary.revision)\n0")
    }
}
