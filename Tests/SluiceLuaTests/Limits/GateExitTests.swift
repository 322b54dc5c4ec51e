import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Whoever leaves `executing`, however, leaves its gates and passes its places on.
@Suite(.timeLimit(.minutes(10)))
struct GateExitTests {
    enum Exit: CaseIterable {
        case completed, completedWithResult, retry, snooze, release, wait, unavailable, cancelled, discarded
        case cancelledByOperator, deleted, crash, lastCrash, lostReply

        /// Whether the job is back at its place at once, before its peers.
        var isBack: Bool { self == .release || self == .crash || self == .lostReply }

        var outcome: Settlement.Outcome {
            switch self {
            case .completed, .crash, .lastCrash, .lostReply: .completed(result: nil)
            case .completedWithResult: .completed(result: Array("[1]".utf8))
            case .retry: .retry(after: .seconds(5), error: "1")
            case .snooze: .snooze(.seconds(5))
            case .release, .cancelledByOperator: .release
            case .wait: .wait(base: .seconds(5), cap: .seconds(5))
            case .unavailable: .unavailable(dependency: "account", retryAfter: nil, maxWaits: nil, error: "1")
            case .cancelled, .deleted: .cancelled(error: "1")
            case .discarded: .discarded(error: "1")
            }
        }
    }

    @Test(arguments: Exit.allCases) func leavesAllItsGates(_ exit: Exit) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1", "concurrency/host", "1", "rate/host", "100/1000")
        try await queue.add(1, "a", lane: "account=1&host=x")
        try await queue.add(1, "b", lane: "account=1&host=x")
        let other = try await queue.worker("other", lease: .seconds(3600))
        let worker = try await queue.worker("w", lease: .seconds(2))
        #expect(try await worker.claim(5) == ["a0"])
        #expect(try await other.claim(5) == [])
        try await leave(exit, worker, other, queue)
        #expect(try await queue.members("account=1") == 0)
        #expect(try await queue.members("host=x") == 0)
        #expect(try await queue.audit() == [])
        let next = exit.isBack ? "a0" : "b0"
        #expect(try await other.claim(5) == [next])
        #expect(try await queue.key("gate:account=1") == next)
        #expect(try await queue.key("gate:host=x") == next)
        try await other.drain()
        try await queue.advance(10)
        try await other.drain()
        try await queue.expectNothingLeft()
    }

    private func leave(_ exit: Exit, _ worker: ScriptedWorker, _ other: ScriptedWorker, _ queue: LuaQueue) async throws {
        switch exit {
        case .crash, .lastCrash:
            if exit == .lastCrash { _ = try await queue.fcall(["configure", "crashes", "1"]) }
            try await queue.advance(2)
            try await other.cycle()
        case .lostReply:
            worker.forget(JobID(known: "a0"))
            try await worker.resync()
        case .cancelledByOperator, .deleted:
            #expect(try await queue.fcall([exit == .deleted ? "delete" : "cancel", "a0"]) == "[a0, cancelling]")
            // Until it has ended, it holds its place.
            #expect(try await other.claim(5) == [])
            try await worker.cycle(0, settling: ["a0"], exit.outcome)
            #expect(try await queue.state("a0") == "cancelled")
            if exit == .deleted { #expect(try await queue.fcall(["delete", "a0"]) == "[a0, deleted]") }
        case .completed, .completedWithResult, .retry, .snooze, .release, .wait, .unavailable, .cancelled, .discarded:
            try await worker.cycle(0, settling: ["a0"], exit.outcome)
        }
    }

    /// A lane that was ready and is emptied by an operator passes on what it might have used.
    @Test(arguments: ["cancel", "delete", "reschedule"]) func aLaneThatIsEmptiedPassesItsChanceOn(_ call: String) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1")
        try await queue.add(1, "a", lane: "account=1")
        try await queue.add(1, "b", lane: "account=1&n=1")
        try await queue.add(1, "c", lane: "account=1&n=2")
        let worker = try await queue.worker()
        #expect(try await worker.claim(5) == ["a0"])
        try await worker.cycle(0, settling: ["a0"])
        // The lane of b is ready now, that of c is parked.
        #expect(try await queue.key("where") == "account=1&n=2 = account=1")
        _ = try await queue.fcall(call == "reschedule" ? [call, "60000", "b0"] : [call, "b0"])
        #expect(try await queue.audit() == [])
        #expect(try await worker.claim(5) == ["c0"])
    }

    @Test func aParkedLaneThatIsEmptiedIsGone() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1")
        try await queue.add(1, "a", lane: "account=1")
        try await queue.add(2, "b", lane: "account=1&n=1")
        let worker = try await queue.worker()
        #expect(try await worker.claim(5) == ["a0"])
        _ = try await queue.fcall(["delete", "b0", "b1"])
        #expect(try await queue.key("parked:account=1") == nil)
        #expect(try await queue.key("where") == nil)
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    /// Several dimensions at once, in any order: never too many anywhere, and whoever has room at all gates is claimed.
    @Test(arguments: 0..<4) func severalDimensionsAreNeitherOverfullNorIdle(_ seed: UInt64) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "12", "concurrency/account", "3", "concurrency/host", "4")
        var random = SplitMix(seed: seed)
        var waiting: [String: Int] = [:]
        for account in 1...6 {
            for host in ["x", "y", "z"] {
                let count = Int.random(in: 1...15, using: &random)
                try await queue.add(count, "\(account)\(host)-", lane: "account=\(account)&host=\(host)")
                waiting["\(account)\(host)"] = count
            }
        }
        let worker = try await queue.worker()
        var running: [String] = []
        while waiting.values.contains(where: { $0 > 0 }) || !running.isEmpty {
            let settled = running.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            running.removeAll(where: settled.contains)
            let reply = try await worker.cycle(20, settling: settled)
            for job in reply.jobs {
                running.append(job.id.text)
                waiting[String(job.id.text.prefix(2)), default: 0] -= 1
            }
            let accounts = Dictionary(grouping: running, by: { String($0.prefix(1)) }).mapValues(\.count)
            let hosts = Dictionary(grouping: running, by: { String($0.prefix(2).suffix(1)) }).mapValues(\.count)
            #expect(running.count <= 12 && accounts.values.allSatisfy { $0 <= 3 } && hosts.values.allSatisfy { $0 <= 4 })
            guard running.count < 12, try await queue.key("reserve") == nil else { continue }
            let missed = waiting.filter { lane, count in
                count > 0 && accounts[String(lane.prefix(1)), default: 0] < 3 && hosts[String(lane.suffix(1)), default: 0] < 4
            }
            #expect(missed == [:])
            if missed != [:] { return }
        }
        try await queue.expectNothingLeft()
    }
}
