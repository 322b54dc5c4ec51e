import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Steps of jobs that are done once: the `once` function and its column.
@Suite(.timeLimit(.minutes(10)))
struct OnceTests {
    private let queue: LuaQueue

    init() async throws { queue = try await LuaQueue() }

    private func claimed(_ id: String = "a", by worker: ScriptedWorker) async throws -> Fence {
        try await queue.add(id)
        _ = try await worker.claim(1)
        return try #require(worker.running[JobID(known: id)])
    }

    private func once(
        _ fence: Fence, _ key: String, _ token: String, _ result: String? = nil, id: String = "a"
    ) async throws -> [String] {
        let call = Once(
            worker: WorkerID(known: "w"), id: JobID(known: id), fence: fence, key: key, token: token,
            result: result.map { Array($0.utf8) })
        let reply = try await queue.call(call)
        return [reply.token] + (reply.result.map { [String(decoding: $0, as: UTF8.self)] } ?? [])
    }

    @Test func theFirstTokenAndTheFirstResultStand() async throws {
        let fence = try await claimed(by: try await queue.worker())
        #expect(try await once(fence, "charge", "t1") == ["t1"])
        #expect(try await once(fence, "charge", "t2") == ["t1"])
        #expect(try await once(fence, "mail", "t3") == ["t3"])
        #expect(try await once(fence, "charge", "t1", "{\"a\":1}") == ["t1", "{\"a\":1}"])
        #expect(try await once(fence, "charge", "t1", "2") == ["t1", "{\"a\":1}"])
        #expect(try await once(fence, "charge", "t4") == ["t1", "{\"a\":1}"])
        #expect(try await once(fence, "mail", "t4") == ["t3"])
        #expect(try await queue.redis("HGET", "once", "a") == "charge t1 7 {\"a\":1}\nmail t3 - \n")
        #expect(try await queue.audit() == [])
    }

    @Test func aResultWithoutItsIntentIsRecordedAllTheSame() async throws {
        let fence = try await claimed(by: try await queue.worker())
        #expect(try await once(fence, "charge", "t1", "1") == ["t1", "1"])
        #expect(try await once(fence, "charge", "t2") == ["t1", "1"])
    }

    @Test func resultsAreKeptByteForByte() async throws {
        let fence = try await claimed(by: try await queue.worker())
        let results = ["", "null", "[]", "{}", "\"line\nkey t1 3 abc\n\"", "1e400", "12345678901234567890", "\"é\u{0}\"", " - "]
        for (number, result) in results.enumerated() {
            #expect(try await once(fence, "k\(number)", "t\(number)") == ["t\(number)"])
            #expect(try await once(fence, "k\(number)", "t\(number)", result) == ["t\(number)", result])
        }
        for (number, result) in results.enumerated() {
            #expect(try await once(fence, "k\(number)", "other") == ["t\(number)", result])
        }
    }

    @Test func aRunThatIsOverRecordsNothing() async throws {
        let worker = try await queue.worker()
        let fence = try await claimed(by: worker)
        let words = ["once", "w", "a", "\(fence)", "charge", "t1"]
        #expect(try await queue.fcall(["once", "v", "a", "\(fence)", "charge", "t1"]).hasPrefix("fenced: "))
        #expect(try await queue.fcall(["once", "w", "a", "1", "charge", "t1"]).hasPrefix("fenced: "))
        #expect(try await queue.fcall(["once", "w", "who", "\(fence)", "charge", "t1"]).hasPrefix("fenced: "))
        #expect(try await queue.key("once") == nil)
        #expect(try await queue.fcall(words) == "[t1]")
        _ = try await worker.cycle(settling: ["a"], .snooze(.seconds(1)))
        #expect(try await queue.fcall(words + ["1"]).hasPrefix("fenced: "))
        #expect(try await queue.status("total_refused") == 4)
    }

    @Test func laterRunsFindWhatEarlierOnesRecorded() async throws {
        let worker = try await queue.worker()
        var fence = try await claimed(by: worker)
        _ = try await once(fence, "charge", "t1", "1")
        _ = try await once(fence, "mail", "t2")
        // A failure, an operator's retry after it was given up, and a crash.
        _ = try await worker.cycle(settling: ["a"], .retry(after: .seconds(1), error: "\"e\""))
        try await queue.advance(2)
        _ = try await worker.claim(1)
        _ = try await worker.cycle(settling: ["a"], .discarded(error: "\"e\""))
        _ = try await queue.fcall(["sluice_retry", "a"])
        #expect(try await queue.state("a") == "available")
        _ = try await worker.claim(1)
        fence = try #require(worker.running[JobID(known: "a")])
        #expect(try await once(fence, "charge", "t8") == ["t1", "1"])
        #expect(try await once(fence, "mail", "t9") == ["t2"])
    }

    @Test func whatIsRecordedGoesWithTheJob() async throws {
        let worker = try await queue.worker()
        for (id, outcome) in [("a", Settlement.Outcome.completed(result: nil)), ("b", .cancelled(error: "\"e\""))] {
            let fence = try await claimed(id, by: worker)
            _ = try await once(fence, "charge", "t1", "1", id: id)
            _ = try await worker.cycle(settling: [id], outcome)
        }
        for id in ["a", "b"] { #expect(try await queue.redis("HGET", "once", id) == "charge t1 1 1\n") }
        _ = try await queue.fcall(["sluice_delete", "a", "b"])
        #expect(try await queue.key("once") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func stepsOfAJobHaveABound() async throws {
        let fence = try await claimed(by: try await queue.worker())
        let half = String(repeating: "x", count: Once.largest / 2)
        #expect(try await once(fence, "one", "t1", half).count == 2)
        let error = await #expect(throws: SluiceError.self) { try await once(fence, "two", "t2", half) }
        #expect(error?.code == .payloadTooLarge)
        // Nothing was stored, and there is room for less.
        #expect(try await once(fence, "two", "t3", "1") == ["t3", "1"])
        #expect(try await once(fence, "one", "t4") == ["t1", half])
    }

    @Test func argumentsAreChecked() async throws {
        let fence = "\(try await claimed(by: try await queue.worker()))"
        for (words, message) in [
            (["", "t"], "key must be"), (["a b", "t"], "key must be"),
            ([String(repeating: "k", count: 129), "t"], "key must be"),
            (["k"], "token must be"), (["k", "t\nu"], "token must be"), (["é", "t"], "key must be"),
        ] { try await queue.checkRefused(["once", "w", "a", fence] + words, message) }
        try await queue.checkRefused(["once", "w", "a"], "fence must be")
        #expect(try await queue.key("once") == nil)
    }
}
