import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting

/// Unique jobs in an order that a seed determines, beside a model of what they are: each answer and each run must be as that has it.
final class UniqueRun {
    let queue: LuaQueue
    private(set) var steps: [String] = []
    private(set) var faults: [String] = []

    private var random: SplitMix
    private var model = UniqueModel()
    private let workers: [ScriptedWorker]
    private var calls = 0
    private var enqueued = 0
    private let lanes = ["", "", "", "h=x", "chain=c", "chain=c&h=x"]

    /// One of their own: audits go through all keys of a server, and other tests leave many behind.
    private static let server = Task {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock()
        return server
    }

    /// - Parameter server: One with a virtual clock; their own if nil.
    init(seed: UInt64, on server: RedisTestServer? = nil) async throws {
        random = SplitMix(seed: seed)
        let chosen: RedisTestServer
        if let server { chosen = server } else { chosen = try await Self.server.value }
        let queue = try await LuaQueue(in: TestNamespace(on: chosen, clock: .virtual))
        self.queue = queue
        workers = [10, 30].map { ScriptedWorker("w\($0)", on: queue, lease: .seconds($0), session: 1) }
    }

    /// Does one thing, then checks the whole of the data.
    func step() async throws {
        switch chance(20) {
        case 0..<6: try await enqueue()
        case 6..<12: try await cycle(workers[chance(2)])
        case 12: try await resync(workers[chance(2)])
        case 13, 14: try await advance()
        case 15: try await change("cancel")
        case 16, 17: try await change("retry")
        case 18: try await change("delete")
        default: _ = try await queue.fcall(["configure", "completed", "\(chance(4)) 20000", "crashes", "3"])
        }
        faults += try await queue.audit()
    }

    func clean() async throws {
        let script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', key) end"
        _ = try await queue.queues.everywhere(script, "\(queue.queues.namespace):*")
    }

    private func chance(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    /// - Parameter isPlain: whether it has a key and no options. If all of a call are plain, its fingerprints are claimed at once.
    private func request(isPlain: Bool) -> (UniqueModel.Request, NewJob) {
        enqueued += 1
        let spans: [Unique.Span] = [.whileLive, .whileLive, .untilStarted, .period(.milliseconds(1 + chance(60_000)))]
        let conflicts = Unique.Conflict.allCases + [.replaceArguments]
        let request =
            isPlain
            ? UniqueModel.Request(
                id: "j\(enqueued)", key: "k\(chance(8))", span: .whileLive, conflict: .keepExisting, arguments: "\(enqueued)")
            : UniqueModel.Request(
                id: "j\(enqueued)", key: chance(6) == 0 ? nil : "k\(chance(4))", span: spans[chance(4)],
                conflict: conflicts[chance(5)], arguments: "\(enqueued)")
        var job = NewJob(id: JobID(known: request.id), spec: Array(#"{"kind":"k","args":\#(request.arguments)}"#.utf8))
        job.unique = request.key.map { UniqueClaim($0, span: request.span, onConflict: request.conflict) }
        if isPlain { return (request, job) }
        job.lane = lanes[chance(6)]
        if !job.lane.hasPrefix("chain"), chance(4) == 0 { job.priority = chance(10) }
        if chance(5) == 0 { job.due = .after(.seconds(1 + chance(20))) }
        return (request, job)
    }

    private func enqueue() async throws {
        let arePlain = chance(3) == 0
        let new = (0...chance(5)).map { _ in request(isPlain: arePlain) }
        steps.append("enqueue \(new.map(\.0))")
        // The first that has a fingerprint owns it before any of the call is met by another one.
        let expected = new.map { model.enqueue($0.0) }
        calls += 1
        let call = Enqueue(producer: "p", number: calls, jobs: new.map(\.1))
        let reply = try await queue.call(call)
        for (position, answer) in expected.enumerated() {
            let found: UniqueModel.Answer =
                if let owner = reply.duplicates[position] {
                    .duplicate(owner.text)
                } else if reply.existing.contains(position) {
                    .exists(reply.owners[position]?.text ?? new[position].0.id)
                } else {
                    .added
                }
            if found != answer { faults.append("\(new[position].0.id): \(found) instead of \(answer)") }
        }
        if try await queue.call(call) != reply { faults.append("a repeated call was answered otherwise") }
    }

    private func outcome() -> Settlement.Outcome {
        let outcomes: [Settlement.Outcome] = [
            .completed(result: nil), .completed(result: Array("[1]".utf8)), .retry(after: .seconds(5), error: "1"),
            .snooze(.seconds(3)), .release, .wait(base: .seconds(1), cap: .seconds(20)), .cancelled(error: "2"),
            .discarded(error: "3"),
        ]
        return outcomes[chance(8)]
    }

    private func cycle(_ worker: ScriptedWorker) async throws {
        let settled = worker.running.keys.sorted().filter { _ in chance(2) == 0 }.map { ($0, outcome()) }
        let demand = chance(5)
        steps.append("\(worker.id) claims \(demand), settles \(settled.map { "\($0.0) \($0.1)" })")
        let reply = try await worker.cycle(demand, settled)
        apply(settled, reply.refused)
        apply(reply.outcomes.filter { $0.worker != worker.id.text })
        for job in reply.jobs {
            let arguments = String(decoding: try job.decodeSpec().arguments, as: UTF8.self)
            if let fault = model.claim(job.id.text, arguments: arguments) { faults.append(fault) }
        }
        if reply.mustResync || reply.held != worker.running.count { try await resync(worker) }
    }

    private func apply(_ settled: [(JobID, Settlement.Outcome)], _ refused: [JobID]) {
        for (id, outcome) in settled where !refused.contains(id) {
            switch outcome {
            case .completed, .cancelled, .discarded: model.end(id.text)
            case .retry, .snooze, .poll, .release, .wait, .unavailable: goOn(id.text)
            }
        }
    }

    private func goOn(_ id: String) {
        if model.jobs[id]?.isCancelling == true { model.end(id) } else { model.runAgain(id) }
    }

    private func apply(_ outcomes: [ServerOutcome]) {
        for run in outcomes { if run.state.isEnded { model.end(run.id.text) } else { model.runAgain(run.id.text) } }
    }

    private func resync(_ worker: ScriptedWorker) async throws {
        if chance(2) == 0, let some = worker.running.keys.sorted().first { worker.forget(some) }
        steps.append("\(worker.id) resyncs with \(worker.running.keys.sorted())")
        let members = Set(
            try await queue.queues.command("SMEMBERS", queue.base + ":held:\(worker.id)").root.elements.map(\.string))
        let reply = try await worker.resync()
        for id in members.compactMap(\.self).sorted() where worker.running[JobID(known: id)] == nil { goOn(id) }
        apply(reply.outcomes)
    }

    private func advance() async throws {
        let milliseconds = 1 + chance(40_000)
        steps.append("advance \(milliseconds)")
        model.now += milliseconds
        try await queue.queues.advance(by: .milliseconds(milliseconds))
    }

    /// An operator's wish. Ended jobs may be gone: that is for the queue to decide.
    private func change(_ verb: String) async throws {
        let id = "j\(1 + chance(max(enqueued, 1)))"
        let reply = try await queue.fcall([verb, id])
        steps.append("\(verb) \(id): \(reply)")
        let word = String(reply.dropFirst(id.count + 3).dropLast())
        if word == "missing" {
            if model.isLive(id) { faults.append("\(id) is lost") }
            return model.drop(id)
        }
        switch (verb, word) {
        case ("cancel", "cancelled") where model.isLive(id): model.end(id)
        case (_, "cancelling"): model.cancelling(id)
        case ("delete", "deleted"): model.delete(id)
        case ("retry", _) where model.jobs[id]?.state != .waiting || word == "available":
            let expected = model.retry(id)
            if word != expected { faults.append("retry \(id): \(word) instead of \(expected)") }
        default: break
        }
    }
}
