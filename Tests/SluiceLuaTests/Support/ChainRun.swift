import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Chained jobs under workers and operators that do anything in an order that a seed determines. After each step, no job of a
/// chain runs before one that came before it has ended for good.
final class ChainRun {
    let queue: LuaQueue
    private(set) var steps: [String] = []
    private(set) var faults: [String] = []

    private var random: SplitMix
    private let workers: [ScriptedWorker]
    /// Ids by lane, in the order in which they have to run.
    private var order: [String: [String]] = [:]
    private var holding: Set<String> = []
    private var calls = 0

    private static let lanes = ["chain=a", "chain=b", "account=1&chain=c", "chain=d&tmdb", "account=1&chain=e&host=x"]

    private static let server = Task {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock()
        return server
    }

    init(seed: UInt64) async throws {
        random = SplitMix(seed: seed)
        let queue = try await LuaQueue(in: TestNamespace(on: Self.server.value, clock: .virtual))
        self.queue = queue
        workers = [10, 30, 3600].map { ScriptedWorker("w\($0)", on: queue, lease: .seconds($0), session: 1) }
        _ = try await queue.fcall(["configure", "crashes", "4", "completed", "0 0"])
        try await queue.declare("concurrency", "4", "concurrency/account", "1", "rate/host", "20/10000")
    }

    func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<4: try await enqueue()
        case 4..<13: try await cycle(workers.randomElement(using: &random))
        case 13: try await resync(workers.randomElement(using: &random))
        case 14, 15: try await advance()
        default: try await manage()
        }
        try await check()
    }

    /// Lets everything end well, and looks what is left.
    func finish() async throws {
        guard let last = workers.last else { return }
        try await last.resync()
        for round in 0..<60 where faults.isEmpty {
            for id in try await kept().filter({ $0.value == "discarded" }).keys { _ = try await queue.fcall(["delete", id]) }
            try await queue.advance(12)
            // The others died.
            var ids = last.running.keys.map(\.text)
            repeat {
                ids = try await last.cycle(10, settling: ids).jobs.map(\.id.text)
                try await check()
            } while !ids.isEmpty && faults.isEmpty
            if round > 20, try await kept().values.allSatisfy({ $0 == "cancelled" }) { break }
        }
        let states = try await kept()
        if states.values.contains(where: { $0 != "cancelled" }) { faults.append("left: \(states)") }
        let left = try await queue.dump().keys.filter { key in
            ["gate:", "parked:", "where", "wait:", "ready", "lanes", "place", "executing", "held:"].contains { key.hasPrefix($0) }
        }
        // A cancelled job may have kept nothing but its history.
        if !left.isEmpty { faults.append("left: \(left.sorted())") }
    }

    func clean() async throws {
        let script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', key) end"
        _ = try await queue.queues.everywhere(script, "\(queue.queues.namespace):*")
    }

    private func enqueue() async throws {
        guard let lane = Self.lanes.randomElement(using: &random) else { return }
        calls += 1
        let jobs = (0..<Int.random(in: 1...3, using: &random)).map { index in
            NewJob(
                id: JobID(known: "j\(calls).\(index)"), spec: Array(#"{"kind":"k"}"#.utf8), lane: lane,
                holds: Bool.random(using: &random))
        }
        steps.append("enqueue \(jobs.map(\.id)) in \(lane)")
        _ = try await queue.call(Enqueue(producer: "p", number: calls, jobs: jobs))
        order[lane, default: []] += jobs.map(\.id.text)
        holding.formUnion(jobs.filter(\.holds).map(\.id.text))
    }

    private func outcome() -> Settlement.Outcome {
        let outcomes: [Settlement.Outcome] = [
            .completed(result: nil), .completed(result: nil), .retry(after: .seconds(5), error: "1"), .snooze(.seconds(3)),
            .release, .wait(base: .seconds(1), cap: .seconds(20)), .cancelled(error: "2"), .discarded(error: "3"),
            .unavailable(dependency: "tmdb", retryAfter: nil, maxWaits: 3, error: "4"),
        ]
        return outcomes.randomElement(using: &random) ?? .release
    }

    private func cycle(_ worker: ScriptedWorker?) async throws {
        guard let worker else { return }
        let settled = worker.running.keys.sorted().filter { _ in Bool.random(using: &random) }.map { ($0, outcome()) }
        let demand = Int.random(in: 0...4, using: &random)
        steps.append("\(worker.id) claims \(demand), settles \(settled.map { "\($0.0) \($0.1)" })")
        let reply = try await worker.cycle(demand, settled)
        steps.append("  got \(reply.jobs.map(\.id))")
        if reply.mustResync || reply.held != worker.running.count { try await resync(worker) }
    }

    private func resync(_ worker: ScriptedWorker?) async throws {
        guard let worker else { return }
        if Int.random(in: 0..<3, using: &random) == 0, let some = worker.running.keys.sorted().first { worker.forget(some) }
        steps.append("\(worker.id) resyncs with \(worker.running.keys.sorted())")
        try await worker.resync()
    }

    private func advance() async throws {
        let milliseconds = Int.random(in: 1...15_000, using: &random)
        steps.append("advance \(milliseconds)")
        try await queue.queues.advance(by: .milliseconds(milliseconds))
    }

    /// What operators do. Whatever takes a job out of the order puts it at its end if it is to come again.
    private func manage() async throws {
        guard let lane = order.keys.sorted().randomElement(using: &random),
            let id = order[lane]?.randomElement(using: &random)
        else { return }
        let before = try await queue.state(id)
        let call = ["cancel", "retry", "delete", "retry"].randomElement(using: &random) ?? "retry"
        steps.append("\(call) \(id), which is \(before ?? "gone")")
        _ = try await queue.fcall([call, id])
        let hasLetGo = before == "completed" || before == "cancelled" || before == "discarded" && !holding.contains(id)
        if call == "retry", hasLetGo {
            order[lane]?.removeAll { $0 == id }
            order[lane]?.append(id)
        }
    }

    /// The states of the jobs that are still there.
    private func kept() async throws -> [String: String] {
        let ids = order.values.joined().sorted()
        var states: [String: String] = [:]
        let commands = ids.map { RedisCommand(["FCALL_RO", "sluice1_job", "1", queue.base, $0]) }
        for (id, reply) in zip(ids, try await queue.queues.store.pipeline(commands, key: queue.base)) {
            let words = try reply.get().root.elements.map { $0.string ?? "" }
            if words.count > 3 { states[id] = words[3] }
        }
        return states
    }

    private func check() async throws {
        faults += try await queue.audit()
        let states = try await kept()
        for (lane, ids) in order.sorted(by: { $0.key < $1.key }) {
            var isOpen = true
            for id in ids {
                if states[id] == "executing", !isOpen { faults.append("\(id) of \(lane) runs too early") }
                switch states[id] {
                case nil, "completed", "cancelled": break
                case "discarded": if holding.contains(id) { isOpen = false }
                default: isOpen = false
                }
            }
        }
        // Those that are gone need not be asked for again.
        for (lane, ids) in order { order[lane] = ids.filter { states[$0] != nil } }
    }
}
