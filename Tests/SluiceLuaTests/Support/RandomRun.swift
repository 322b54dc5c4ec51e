import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting

/// Calls functions in an order that a seed determines, with several workers and a clock that moves, and keeps a few messages in
/// mind that must hold whatever happens.
final class RandomRun {
    let queue: LuaQueue
    /// What was called, for the report of a failure.
    private(set) var steps: [String] = []
    /// Ids that were accepted, counted.
    private(set) var accepted = 0
    /// What was found wrong; empty as long as all is well.
    private(set) var faults: [String] = []

    private var random: SplitMix
    private let workers: [ScriptedWorker]
    private var lastFence = Fence(0)
    private var calls = 0
    private let lanes = ["", "", "h=x", "h=y", "h=z&u=1"]

    /// One of their own: audits go through all keys of a server, and other tests leave many behind.
    private static let server = Task {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock()
        return server
    }

    init(seed: UInt64) async throws {
        random = SplitMix(seed: seed)
        let queue = try await LuaQueue(in: TestNamespace(on: Self.server.value, clock: .virtual))
        self.queue = queue
        workers = [10, 30, 60].map { ScriptedWorker("w\($0)", on: queue, lease: .seconds($0), session: 1) }
    }

    /// Does one thing, then checks the whole of the data.
    func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: try await enqueue()
        case 5..<12: try await cycle(workers.randomElement(using: &random))
        case 12: try await resync(workers.randomElement(using: &random))
        case 13: try await leave(workers.randomElement(using: &random))
        case 14, 15: try await advance()
        default: try await manage()
        }
        try await check()
    }

    /// Leaves nothing behind, so that hundreds of runs do not slow each other down.
    func clean() async throws {
        let script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', key) end"
        _ = try await queue.queues.everywhere(script, "\(queue.queues.namespace):*")
    }

    private func pick(_ count: Int) -> [String] { (0..<count).map { _ in "j\(Int.random(in: 0..<30, using: &random))" } }

    private func enqueue() async throws {
        let jobs = pick(Int.random(in: 1...6, using: &random)).map { id in
            var job = NewJob(
                id: JobID(known: id), spec: Array(#"{"kind":"k"}"#.utf8),
                due: Int.random(in: 0..<4, using: &random) == 0 ? .after(.seconds(Int.random(in: 0...30, using: &random))) : .now,
                priority: Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 0...9, using: &random) : 5,
                lane: lanes.randomElement(using: &random) ?? "")
            if Int.random(in: 0..<4, using: &random) == 0 { job.deadline = .seconds(Int.random(in: 1...60, using: &random)) }
            return job
        }
        calls += 1
        steps.append("enqueue \(jobs.map(\.id))")
        let call = Enqueue(producer: "p", number: calls, jobs: jobs)
        let answer = try await queue.call(call)
        accepted += jobs.count - answer.existing.count
        if Bool.random(using: &random), try await queue.call(call) != answer {
            faults.append("a repeated call was answered otherwise")
        }
    }

    private func outcome() -> Settlement.Outcome {
        let outcomes: [Settlement.Outcome] = [
            .completed(result: nil), .completed(result: Array("[1]".utf8)), .retry(after: .seconds(5), error: "1"),
            .snooze(.seconds(3)), .poll(AdaptivePolling(), name: "k"), .release, .wait(base: .seconds(1), cap: .seconds(20)),
            .cancelled(error: "2"),
            .discarded(error: "3"),
        ]
        return outcomes.randomElement(using: &random) ?? .release
    }

    private func cycle(_ worker: ScriptedWorker?) async throws {
        guard let worker else { return }
        let running = worker.running.keys.sorted()
        let settled = running.filter { _ in Bool.random(using: &random) }.map { ($0, outcome()) }
        let demand = Int.random(in: 0...5, using: &random)
        steps.append("\(worker.id) claims \(demand), settles \(settled.map { "\($0.0) \($0.1)" })")
        let reply = try await worker.cycle(demand, settled)
        if reply.mustResync { return try await resync(worker) }
        if reply.held < worker.running.count {
            try await resync(worker)
        } else if reply.held > worker.running.count {
            faults.append("\(worker.id) holds more than it was given")
        }
        if let fence = reply.jobs.first?.fence {
            if fence <= lastFence { faults.append("a fence did not rise") }
            lastFence = fence
        }
    }

    private func resync(_ worker: ScriptedWorker?) async throws {
        guard let worker else { return }
        if Int.random(in: 0..<3, using: &random) == 0, let some = worker.running.keys.sorted().first { worker.forget(some) }
        steps.append("\(worker.id) resyncs with \(worker.running.keys.sorted())")
        try await worker.resync()
    }

    private func leave(_ worker: ScriptedWorker?) async throws {
        guard let worker, worker.running.isEmpty else { return }
        steps.append("\(worker.id) leaves")
        _ = try await worker.leave()
    }

    private func advance() async throws {
        let back = Int.random(in: 0..<12, using: &random) == 0
        let milliseconds = back ? -Int.random(in: 1...30_000, using: &random) : Int.random(in: 1...40_000, using: &random)
        steps.append("advance \(milliseconds)")
        try await queue.queues.advance(by: .milliseconds(milliseconds))
    }

    private func manage() async throws {
        let ids = pick(Int.random(in: 1...3, using: &random))
        let call =
            switch Int.random(in: 0..<8, using: &random) {
            case 0: ["cancel"] + ids
            case 1: ["retry"] + ids
            case 2: ["delete"] + ids
            case 3: ["reschedule", "\(Int.random(in: 0...20_000, using: &random))"] + ids
            case 4: ["pause", "why not"]
            case 5, 6: ["resume"]
            default: ["configure", "completed", "\(Int.random(in: 0...9, using: &random)) 20000", "crashes", "3"]
            }
        steps.append(call.joined(separator: " "))
        _ = try await queue.fcall(call)
    }

    /// The audit, and the conservation of jobs, in one round trip if one page is all.
    private func check() async throws {
        let commands = ["audit", "status"].map { RedisCommand(["FCALL_RO", "sluice1_" + $0, "1", queue.base]) }
        let replies = try await queue.queues.store.pipeline(commands, key: queue.base).map { try $0.get().root }
        let page = try AuditPage().read(replies[0])
        faults += page.cursor == nil ? page.violations.map { $0.invariant + " " + $0.what } : try await queue.audit()
        let status = try Status().read(replies[1]).compactMapValues { Int($0) }
        let present = JobState.allCases.reduce(0) { $0 + (status[$1.rawValue] ?? 0) }
        let removed = status["total_removed"] ?? 0
        if accepted != present + removed { faults.append("\(accepted) accepted, \(present) present, \(removed) removed") }
    }
}
