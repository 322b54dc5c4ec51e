import Foundation
import SluiceCore
import SluiceStore
import Testing

/// What web hooks are to hear of jobs, and how it leaves the queue.
@Suite(.timeLimit(.minutes(5)))
struct NoticeTests {
    private func hooked(
        _ on: String = #","on":["ended"]"#, spec: String = #"{"kind":"k"}"#, more: String = ""
    ) async throws -> (queue: LuaQueue, worker: ScriptedWorker) {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        _ = try await queue.fcall(["sluice_enqueue", "a", spec, #"{"notify":{"url":"https://x.test/h"\#(on)}\#(more)}"#])
        return (queue, worker)
    }

    /// The bodies that messages bring, without their versions.
    private func bodies(_ messages: [OutboxMessage]) throws -> [[String: Any]] {
        try notices(messages).map { notice in
            let spec = try #require(JSONSerialization.jsonObject(with: Data(notice.spec)) as? [String: Any])
            let arguments = try #require(spec["args"] as? [String: Any])
            #expect(arguments["url"] as? String == "https://x.test/h")
            let body = try #require(arguments["body"] as? [String: Any])
            #expect(body["id"] as? String == notice.id.text)
            let version = try #require(body["version"] as? Int)
            #expect(notice.id.text == "a:\(version)")
            return body
        }
    }

    private func notices(_ messages: [OutboxMessage]) -> [Notice] {
        messages.flatMap { message -> [Notice] in
            guard case .notices(_, let job, let list) = message.event else { return [] }
            #expect(job.text == "a")
            return list
        }
    }

    private func states(_ messages: [OutboxMessage]) throws -> [String] {
        try bodies(messages).map { "\($0["event"] ?? "") \($0["state"] ?? "")" }
    }

    @Test func enqueueingKeepsTheHook() async throws {
        let queue = try await LuaQueue()
        try await queue.check(
            ["sluice_enqueue", "a", #"{"kind":"k"}"#, #"{"notify":{"url":"https://x.test/h?a=b","on":["ended","progress"]}}"#],
            """
            = [added a]
            + calls: last sequence = 0/T+0.0
            + config: format = 1
            + events: from= to=available ids=a
            + lanes: 0/T+0.0
            + links: a = notify progress,ended https://x.test/h?a=b
            + ready: 2814749767106560
            + spec: a = {"kind":"k"}
            + stats: enqueued = 1
            + wait:: 5/T+0.0 a
            + wake: 1
            """)
    }

    @Test func aHookForFailuresHearsOfNoCompletedJob() async throws {
        for (verdict, expected) in [
            (Settlement.Outcome.completed(result: nil), [String]()),
            (.discarded(error: "\"e\""), ["ended discarded"]),
        ] {
            let (queue, worker) = try await hooked(#","on":["failed"]"#)
            #expect(try await queue.redis("HGET", "links", "a") == "notify failed https://x.test/h")
            _ = try await worker.claim(1)
            let messages = try await worker.cycle(0, settling: ["a"], verdict).messages
            #expect(try states(messages) == expected)
        }
        let (queue, _) = try await hooked(#","on":["progress","ended","failed"]"#)
        #expect(try await queue.redis("HGET", "links", "a") == "notify progress,ended https://x.test/h")
    }

    @Test func anEndIsWrittenDownWithTheEnd() async throws {
        let (queue, worker) = try await hooked()
        _ = try await worker.claim(1)
        let messages = try await worker.cycle(0, settling: ["a"], .completed(result: Array(#"{"n":[]}"#.utf8))).messages
        let body = try #require(try bodies(messages).first)
        #expect(body.keys.sorted() == ["event", "id", "job", "kind", "queue", "result", "state", "time", "version"])
        #expect(body["event"] as? String == "ended" && body["state"] as? String == "completed")
        #expect(body["job"] as? String == "a" && body["queue"] as? String == "mail" && body["kind"] as? String == "k")
        #expect(body["time"] as? Int == queue.start)
        let result = try #require(body["result"] as? [String: Any])
        #expect((result["n"] as? [Any])?.isEmpty == true, "the result is what it was, to the letter")
        #expect(try await queue.call(FindJob(JobID(known: "a")))?["notified"] == "\(try #require(body["version"] as? Int))")
        try await queue.acknowledge(messages)
        #expect(try await queue.key("messages") == nil)
        #expect(try await queue.key("outbox") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func whoeverEndsAJobTells() async throws {
        for (order, state) in [("cancel", "cancelled"), ("delete", "deleted")] {
            let (queue, worker) = try await hooked()
            _ = try await queue.fcall([order, "a"])
            #expect(try states(try await worker.cycle().messages) == ["ended \(state)"])
        }
        let (queue, worker) = try await hooked(more: #","links":["batch.b1"]"#)
        _ = try await queue.fcall(["configure", "crashes", "1"])
        _ = try await worker.claim(1)
        try await queue.advance(29)
        let other = try await queue.worker("other")
        try await queue.advance(2)
        let messages = try await other.cycle().messages
        let body = try #require(try bodies(messages).first)
        #expect(body["state"] as? String == "discarded")
        #expect((body["error"] as? String)?.contains("its worker died") == true)
        #expect(messages.contains { $0.event == .members(batch: "b1", state: .discarded, jobs: [JobID(known: "a")]) })
    }

    @Test func aBadEndTellsItsError() async throws {
        let (queue, worker) = try await hooked()
        let error = #"{"type":"E","message":"no \"disk\" ä"}"#
        #expect(try await queue.end("a", worker, .retry(after: .milliseconds(1), error: error)) == [], "it runs again")
        try await queue.advance(1)
        let messages = try await queue.end("a", worker, .discarded(error: error))
        #expect(try bodies(messages).first?["error"] as? String == "no \"disk\" ä")
    }

    @Test func whatIsSealedOrLargeIsLeftOut() async throws {
        for (result, why) in [
            (#"{"key":"2026","sealed":"QUJD"}"#, "sealed"), ("\"" + String(repeating: "x", count: 70_000) + "\"", "large"),
        ] {
            let (queue, worker) = try await hooked()
            let body = try #require(try bodies(try await queue.end("a", worker, .completed(result: Array(result.utf8)))).first)
            #expect(body["result"] == nil)
            #expect(body["result_omitted"] as? String == why)
        }
    }

    @Test func aResultThatIsNoJSONIsLeftOut() async throws {
        let (queue, worker) = try await hooked()
        let body = try #require(try bodies(try await queue.end("a", worker, .completed(result: Array("{\"a\":NaN".utf8)))).first)
        #expect(body["result"] == nil && body["result_omitted"] as? String == "unreadable")
    }

    @Test func ofAJobThatDoesNotTellWhatIsRedactedNothingIsTold() async throws {
        let (queue, worker) = try await hooked()
        try await queue.redis("HSET", "spec", "a", #"{"kind":"k","redact":["card"],"partitions":}"#)
        let result = Array(#"{"card":"4111"}"#.utf8)
        let body = try #require(try bodies(try await queue.end("a", worker, .completed(result: result))).first)
        #expect(body["state"] as? String == "completed" && body["result"] == nil)
        #expect(body["result_omitted"] as? String == "unreadable")
    }

    @Test func whatPeopleAreNotShownIsNamedToTheOneThatTells() async throws {
        let (queue, worker) = try await hooked(spec: #"{"kind":"k","redact":["card"],"args":{}}"#)
        let notice = try #require(notices(try await queue.end("a", worker)).first)
        let spec = try notice.spec.withUnsafeBytes { try JobSpec(decoding: $0) }
        #expect(spec.redacted == ["card"] && spec.kind == Notify.kind)
        #expect(spec.chain == Chain("mail/a") && spec.partitions == ["host": "x.test"])
        let item = try notice.item(of: JobID(known: "a"), in: queue.name)
        #expect(item.options == #"{"lane":"chain=mail%2Fa&host=x.test"}"#)
    }

    @Test func progressIsToldInOrderAndOnlyTheNewestWaits() async throws {
        let (queue, worker) = try await hooked(#","on":["progress","ended"]"#)
        _ = try await worker.claim(1)
        func progress(_ fraction: String) async throws {
            let fence = try #require(worker.running[JobID(known: "a")])
            #expect(try await queue.fcall(["progress", "w", "a", "\(fence)", fraction, #""so far""#]) == "1")
        }
        try await progress("0.1")
        // Its worker may be full, and listens to its bell alone then.
        #expect(try await queue.redis("LPOP", "bell:w") == "1")
        try await progress("0.2")
        let first = try await worker.cycle().messages
        #expect(try states(first) == ["progress executing"])
        try await progress("0.3")
        let last = try await worker.cycle(0, settling: ["a"]).messages
        #expect(try states(last) == ["progress executing", "progress executing", "ended completed"])
        let fractions = try bodies(last).map { ($0["progress"] as? [String: Any])?["fraction"] as? Double }
        #expect(fractions == [0.2, 0.3, 0.3], "who carries the end carries what may be under way before it")
        #expect(notices(last).first == notices(first).first)
        let versions = try bodies(last).map { $0["version"] as? Int ?? 0 }
        #expect(versions == versions.sorted() && Set(versions).count == 3)
        try await queue.acknowledge(last)
        #expect(try await queue.key("messages") == nil)
    }

    /// Progress that went out and has not arrived is kept, but not without bound.
    @Test func progressThatDoesNotArriveIsKeptWithinABound() async throws {
        let (queue, worker) = try await hooked(#","on":["progress","ended"]"#)
        _ = try await worker.claim(1)
        let fence = try #require(worker.running[JobID(known: "a")])
        var told: [Int] = []
        for step in 1...100 {
            _ = try await queue.fcall(["progress", "w", "a", "\(fence)", "\(Double(step) / 100)", #""""#])
            told.append(notices(try await worker.cycle().messages).count)
        }
        #expect(told == Array(1...20) + Array(repeating: 0, count: 80))
        try await queue.advance(5)
        let all = try await worker.cycle().messages
        #expect(notices(all).count == 21)
        let last = try #require(try bodies(all).last?["progress"] as? [String: Any])
        #expect(last["fraction"] as? Double == 1)
        try await queue.acknowledge(all)
        #expect(try await queue.key("messages") == nil)
    }

    @Test func whatCameMeanwhileIsNotAcknowledged() async throws {
        let (queue, worker) = try await hooked(#","on":["progress","ended"]"#)
        _ = try await worker.claim(1)
        let fence = try #require(worker.running[JobID(known: "a")])
        _ = try await queue.fcall(["progress", "w", "a", "\(fence)", "0.5", #""""#])
        let first = try await worker.cycle().messages
        _ = try await worker.cycle(0, settling: ["a"])
        try await queue.acknowledge(first)
        try await queue.acknowledge(first)
        try await queue.advance(5)
        let rest = try await worker.cycle().messages
        #expect(try states(rest) == ["ended completed"])
        try await queue.acknowledge(rest)
        try await queue.acknowledge(first)
        #expect(try await queue.key("messages") == nil)
        #expect(try await queue.key("outbox") == nil)
    }

    @Test func whatNobodyCarriesComesAgainWithinSeconds() async throws {
        let (queue, worker) = try await hooked()
        let messages = try await queue.end("a", worker)
        try await queue.advance(4)
        #expect(try await worker.cycle().messages == [])
        try await queue.advance(1)
        #expect(try await worker.cycle().messages == messages)
    }

    @Test func aJobThatEndsAgainIsToldAgain() async throws {
        let (queue, worker) = try await hooked()
        let first = try await queue.end("a", worker, .discarded(error: #""x""#))
        _ = try await queue.fcall(["retry", "a"])
        let second = try await queue.end("a", worker)
        #expect(try states(second) == ["ended discarded", "ended completed"])
        #expect(notices(second).first == notices(first).first, "the same again")
    }

    @Test func aFollowerTellsWhereverItEnds() async throws {
        let (queue, worker) = try await hooked("")
        let hook = #"{"notify":{"url":"https://x.test/h"},"after":{"id":"p"},"target":"other"}"#
        try await queue.add("p")
        _ = try await queue.fcall(["delete", "a"])
        try await queue.acknowledge(try await worker.cycle().messages)
        _ = try await queue.fcall(["sluice_enqueue", "a", #"{"kind":"k"}"#, hook])
        _ = try await queue.fcall(["cancel", "p"])
        let messages = try await worker.cycle().messages
        #expect(try bodies(messages).map { $0["queue"] as? String } == ["other"])
        #expect(try states(messages) == ["ended cancelled"])

        let there = try await queue.other("other")
        let away = try await there.worker()
        try await queue.add("q")
        _ = try await queue.fcall(["sluice_enqueue", "b", #"{"kind":"k"}"#, hook.replacing("\"p\"", with: "\"q\"")])
        let moved = try await queue.end("q", worker)
        #expect(try await queue.deliver(queue.moved(moved), to: there) == 1)
        try await queue.acknowledge(moved)
        let end = try await there.end("b", away)
        #expect(end.count == 1 && end[0].number.hasPrefix("notify:"))
        #expect(try await queue.audit() + there.audit() == [])
    }

    @Test func longIdsHaveShorterKeys() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let id = String(repeating: "i", count: 128)
        try await queue.add(id, options: #"{"notify":{"url":"http://[::1]:80/"}}"#)
        guard case .notices(_, let job, let list) = try await queue.end(id, worker).first?.event else {
            throw CancellationError()
        }
        #expect(job.text == id && list.count == 1)
        #expect(list[0].id.text.utf8.count <= 128 && list[0].host == "[::1]")
    }

    @Test(arguments: [
        #"{"notify":1}"#, #"{"notify":{}}"#, #"{"notify":{"url":"ftp://x/"}}"#, #"{"notify":{"url":"https://u:p@x/"}}"#,
        #"{"notify":{"url":"https://"}}"#, #"{"notify":{"url":"https:///h"}}"#, #"{"notify":{"url":"https://x/a b"}}"#,
        #"{"notify":{"url":"https://x/\n"}}"#, #"{"notify":{"url":"https://x/","on":[]}}"#, #"{"notify":{"url":"https://:80/"}}"#,
        #"{"notify":{"url":"https://x/","on":["started"]}}"#, #"{"notify":{"url":"https://x/","on":"ended"}}"#,
        #"{"notify":{"url":"https://x\\@y/"}}"#,
    ])
    func refusesNonsense(_ options: String) async throws {
        let queue = try await LuaQueue()
        try await queue.checkRefused(["sluice_enqueue", "a", #"{"kind":"k"}"#, options], "notify")
        if let url = options.firstMatch(of: /"url":"(.*?)"/)?.1, !options.contains("\"on\"") {
            let text = String(url).replacing("\\n", with: "\n").replacing("\\\\", with: "\\")
            #expect(throws: SluiceError.self, "the client refuses the same") { try Notify(text).check() }
        }
    }
}
