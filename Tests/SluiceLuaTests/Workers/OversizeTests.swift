import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Jobs whose claim never arrives, since something on the way closes connections whose replies are large.
@Suite(.timeLimit(.minutes(10)))
struct OversizeTests {
    private static let few = 16_384
    private let queue: LuaQueue
    private let worker: ScriptedWorker

    init() async throws {
        queue = try await LuaQueue()
        worker = try await queue.worker()
    }

    private func add(_ id: String, bytes: Int, lane: String = "", options: String = "") async throws {
        let spec = #"{"kind":"k","args":""# + String(repeating: "x", count: bytes) + #""}"#
        if options.isEmpty {
            let job = NewJob(id: JobID(known: id), spec: Array(spec.utf8), lane: lane)
            _ = try await queue.call(Enqueue(producer: "p-" + id, number: 1, jobs: [job]))
        } else {
            _ = try await queue.fcall(["sluice_enqueue", id, spec, options])
        }
    }

    private func reasons(_ id: String) async throws -> [String] {
        try await queue.call(Explain(JobID(known: id))).map { "\($0.code) \(String(decoding: $0.detail, as: UTF8.self))" }
    }

    @Test func aJobThatIsLostAloneIsPutAsideWithoutAnAttempt() async throws {
        try await add("large", bytes: 40_000)
        try await queue.add(2, "small")
        try await worker.lose(1, asking: Self.few)
        #expect(try await queue.key("scheduled") == "T+120000 large")
        let history = try #require(try await queue.redis("HGET", "errors", "large"))
        #expect(history.contains("40022 bytes") && history.contains("client-output-buffer-limit 'normal 0 0 0'"), "\(history)")
        #expect(try await queue.redis("HGET", "attempts", "large") == nil)
        #expect(try await queue.redis("HGET", "crashes", "large") == nil)
        #expect(try await worker.claim(8) == ["small0", "small1"])
        #expect(try await queue.status("total_waited") == 1)
        #expect(try await queue.audit() == [])
        // The next try comes at its place, and the history says the same only once.
        try await queue.add(1, "later")
        try await queue.advance(120)
        try await worker.lose(1, asking: Self.few)
        let again = try #require(try await queue.redis("HGET", "errors", "large"))
        #expect(again.drop { $0 != "," } == history.drop { $0 != "," } && !again.contains("\n"), "\(again)")
        try await queue.advance(120)
        worker.bytes = nil
        try await worker.resync()
        let jobs = try await worker.cycle(8).jobs
        #expect(jobs.map(\.id.text) == ["large", "later0"])
        #expect(jobs.map(\.attempt) == [1, 1])
    }

    @Test func whatMayHaveBeenLostForAnotherReasonGoesBackAtOnce() async throws {
        try await add("a", bytes: 40_000)
        try await add("b", bytes: 40_000)
        // The worker asks for more than a job has; two came together; a small one.
        try await worker.lose(1, asking: 65_536)
        try await worker.lose(1, asking: nil)
        worker.bytes = nil
        try await worker.resync()
        try await worker.lose(2, asking: Self.few)
        #expect(try await queue.redis("EXISTS", "scheduled") == "0")
        try await queue.add("small", options: #"{"priority":0}"#)
        try await worker.lose(1, asking: Self.few)
        #expect(try await queue.redis("EXISTS", "scheduled") == "0")
        #expect(try await worker.claim(1) == ["small"])
        #expect(try await worker.claim(1) == ["a"])
    }

    @Test func othersOfThatSizeArePutAsideByTheClaimAndTheRestComesInOrder() async throws {
        try await add("a", bytes: 40_000)
        try await queue.add(1, "s")
        try await add("b", bytes: 50_000)
        try await queue.add(1, "t")
        try await add("c", bytes: 30_000)
        // One that is not in its first attempt keeps it.
        #expect(try await worker.claim(2) == ["a", "s0"])
        try await worker.cycle(0, settling: ["a"], .release)
        try await worker.cycle(0, settling: ["s0"], .retry(after: .milliseconds(1), error: #""no""#))
        try await queue.advance(1)
        try await worker.lose(1, asking: Self.few)
        try await queue.advance(1)
        var jobs: [ClaimedJob] = []
        for _ in 1...3 { jobs += try await worker.cycle(8).jobs }
        #expect(jobs.map(\.id.text) == ["t0", "c", "s0"])
        #expect(jobs.map(\.attempt) == [1, 1, 2])
        #expect(try await queue.key("scheduled") == "T+121000 a\nT+121000 b")
        #expect(try await queue.audit() == [])
    }

    @Test func itsPlacesAreFreeAndItsChainWaits() async throws {
        try await queue.declare("concurrency/account", "1")
        try await add("x", bytes: 40_000, lane: "account=1")
        try await queue.add(1, "y", lane: "account=1")
        try await add("c1", bytes: 45_000, lane: "chain=c")
        try await queue.add(1, "c2", lane: "chain=c")
        try await worker.lose(1, asking: Self.few)
        let first = try await worker.claim(8)
        #expect(first == ["y0"])
        // The one behind in the chain waits for it.
        #expect(try await queue.key("scheduled") == "T+120000 c1\nT+120000 x")
        #expect(try await worker.claim(8) == [])
        try await worker.cycle(0, settling: ["y0"])
        #expect(try await queue.audit() == [])
        worker.bytes = nil
        try await worker.resync()
        try await queue.advance(120)
        #expect(try await worker.claim(8).sorted() == ["c1", "x"])
        try await worker.cycle(0, settling: ["c1", "x"])
        #expect(try await worker.claim(8) == ["c20"])
    }

    @Test func anotherWorkerIsGivenItAndOperatorsAreToldWhyItWaits() async throws {
        try await add("large", bytes: 40_000)
        try await worker.lose(1, asking: Self.few)
        let reason = try await reasons("large").last ?? ""
        #expect(reason.hasPrefix("too_large ") && reason.contains(#""size":40022"#) && reason.contains(#""worker":"w""#))
        let deaf = try await queue.call(DiagnoseWorkers()).deaf
        #expect(deaf?.worker == worker.id && deaf?.bytes == 40_022 && deaf?.putsAside == true)
        let other = try await queue.worker("v")
        // The reason is kept with the job, not with the worker.
        worker.bytes = nil
        _ = try await queue.redis("DEL", "worker:w")
        _ = try await queue.redis("ZREM", "workers", "w")
        #expect(try await reasons("large").last == reason)
        try await queue.advance(120)
        #expect(try await reasons("large").contains { $0.hasPrefix("too_large") } == false)
        let meek = try await queue.call(DiagnoseWorkers()).deaf
        #expect(meek == nil || meek?.putsAside == false)
        #expect(try await other.claim(1) == ["large"])
    }

    @Test func aMessageAboveWhatIsAskedForGoesAlone() async throws {
        worker.bytes = 1000
        try await worker.resync()
        try await queue.redis("HSET", "messages", "1", "workflow.w completed n j\n" + String(repeating: "x", count: 2000))
        try await queue.redis("ZADD", "outbox", "1", "1")
        try await queue.add("a")
        let reply = try await worker.cycle(1)
        #expect(reply.messages.count == 1 && reply.jobs.isEmpty)
        #expect(try await queue.takeToken())
        #expect(try await worker.claim(1) == ["a"])
    }

    @Test func aBoundOfAClockThatWasAheadIsForgotten() async throws {
        try await add("large", bytes: 40_000)
        try await queue.advance(3600)
        try await worker.lose(1, asking: Self.few)
        try await queue.advance(-3600)
        try await add("other", bytes: 40_000)
        #expect(try await queue.call(DiagnoseWorkers()).deaf?.putsAside != true)
        #expect(try await worker.claim(1) == ["other"])
    }
}
