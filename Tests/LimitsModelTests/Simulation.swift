import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting

/// A random run: operations that a seed determines, done to the library and to the model, and compared after each.
///
/// The server is the run's own: it is emptied first.
final class Simulation {
    private let queues: TestNamespace
    private let base: String
    private let script: String
    private(set) var model = Model(now: Simulation.start)
    private(set) var operations: [Operation] = []
    private var choices: Choices
    private var isEnding = false

    /// The clock of a run begins here, so that a seed tells everything.
    private static let start = 1_800_000_000_000

    init(seed: UInt64, on queues: TestNamespace, mostInReply: Int = .max) async throws {
        self.queues = queues
        model.mostInReply = mostInReply
        base = queues.base("q")
        choices = Choices(seed: seed)
        let clock = queues.namespace.text + ":clock"
        let replies = try await queues.store.pipeline(
            [
                ["FLUSHALL"], ["SET", clock, "\(Self.start * 1000)"], ["SCRIPT", "LOAD", Snapshot.script],
                ["FCALL", "sluice1_configure", "1", base, "completed", "0 0"],
            ], key: base)
        script = try replies[2].get().root.string ?? ""
        _ = try replies[3].get()
        for _ in 0..<2 { try await act(choices.arrival()) }
    }

    var faults: [String] { model.faults }

    /// Goes on for so many steps, or until something is wrong; then lifts all limits and sees to it that all work gets done.
    func run(steps: Int) async throws {
        for _ in 0..<steps where faults.isEmpty {
            try await act(choices.next(model))
        }
        try await finish()
    }

    private func finish() async throws {
        isEnding = true
        for operation in choices.lifting(model) where faults.isEmpty { try await act(operation) }
        for _ in 0..<60 where faults.isEmpty && !isDone {
            for operation in choices.working(model) where faults.isEmpty { try await act(operation) }
        }
        if !faults.isEmpty { return }
        if !isDone { return model.fault("work is left though nothing stands in its way") }
        // What was to be looked at later is looked at, and forgotten.
        for operation in [.pass(125_000)] + choices.working(model) where faults.isEmpty { try await act(operation) }
        let keys = try await queues.command("KEYS", base + ":*").root.elements.compactMap { $0.string?.dropFirst(base.count + 1) }
        let left = keys.filter { !Self.lasting.contains(String($0.prefix { $0 != ":" })) }
        if !left.isEmpty { model.fault("all is done, and this is left: \(left.sorted())") }
    }

    private var isDone: Bool { !model.jobs.values.contains { $0.state != .cancelled && $0.state != .discarded } }

    /// Keys that may be there when nothing waits and nothing runs.
    private static let lasting: Set<String> = [
        "config", "calls", "beat", "vtime", "workers", "worker", "stats", "events", "wake", "watch", "bell", "rate", "breaker",
        "cancelled", "discarded", "spec", "lane", "priority", "place", "created", "run", "errors", "attempts", "crashes", "died",
        "waits",
    ]

    /// One operation, and what is to be compared after it, in one round trip.
    private func act(_ operation: Operation) async throws {
        operations.append(operation)
        let clock = queues.namespace.text + ":clock"
        let asked = choices.isToLook() ? choices.job() : nil
        let isToAudit = choices.isToAudit() || isEnding
        var commands: [RedisCommand] = [
            operation.command(base, clock: clock, now: model.now), ["EVALSHA", script, "1", base],
        ]
        if let asked {
            commands.append(["FCALL_RO", "sluice1_explain", "1", base, ModelJob.text(asked)])
            commands += ["limits", "dependencies"].map { ["FCALL_RO", "sluice1_" + $0, "1", base] }
        }
        if isToAudit { commands.append(["FCALL_RO", "sluice1_audit", "1", base]) }
        let replies = try await queues.store.pipeline(commands, key: base).map { try $0.get().root }
        let snapshot = Snapshot(replies[1])
        model.apply(operation, replies[0], reservation: snapshot.reservation)
        model.compare(snapshot)
        if isToAudit { try await hear(audit: replies[replies.count - 1]) }
        if model.faults.isEmpty, let asked {
            model.compare(explanation: replies[2], of: asked)
            model.compare(limits: replies[3])
            model.compare(dependencies: replies[4])
        }
        choices.hear(operation, replies[0])
    }

    /// Takes in a page of the audit, and reads on where there are more.
    private func hear(audit first: RedisValue) async throws {
        var page = first
        while true {
            if page[2].count > 0 { model.fault("audit: \(page[2].elements.map { $0.string ?? "" })") }
            guard let cursor = page[0].string, cursor != "0" else { return }
            page = try await queues.store.send(["FCALL_RO", "sluice1_audit", "1", base, cursor], key: base).root
        }
    }

    /// What happened and what is wrong.
    var report: String {
        (operations.map(\.description) + ["then:"] + faults).joined(separator: "\n")
    }
}
