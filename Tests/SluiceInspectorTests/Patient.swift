import Foundation
import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting

@testable import SluiceInspector

/// A namespace with a virtual clock that something is wrong with: the queue `mail` with a worker of jobs of kind `k`, and `web`.
final class Patient {
    /// Longer than any wait of a test but that of a week.
    private static let lease = Duration.seconds(7200)

    let queues: TestNamespace
    let inspector: Inspector
    private var worker = WorkerID(known: "w1")
    private var session = 0
    private var call = 0
    private(set) var running: [JobID: Fence] = [:]

    init() async throws {
        queues = try await TestNamespace()
        inspector = Inspector(queues.store)
        try await queues.store.register("mail")
        try await queues.store.register("web")
        try await join()
    }

    /// The worker boots.
    func join(_ name: String = "w1", kinds: [String] = ["k"], cron: [String] = []) async throws {
        worker = WorkerID(known: name)
        (session, call) = (session + 1, 0)
        func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ",") }
        let info = "{\"kinds\":[\(list(kinds))],\"cron\":[\(list(cron))]}"
        _ = try await queues.store.call(
            Resync(worker: worker, session: session, lease: Self.lease, info: info, running: []), on: "mail")
    }

    func leave() async throws { _ = try await queues.store.call(Leave(worker: worker, session: session), on: "mail") }

    /// One call of the worker.
    @discardableResult
    func cycle(_ demand: Int = 0, _ outcomes: [String: Settlement.Outcome] = [:]) async throws -> Cycle.Reply {
        let settlements = outcomes.map { id, outcome in
            Settlement(id: JobID(known: id), fence: running[JobID(known: id)] ?? Fence(1), outcome: outcome)
        }
        call += 1
        let cycle = Cycle(
            worker: worker, session: session, call: call, demand: demand, idle: .seconds(12), settlements: settlements)
        let reply = try await queues.store.call(cycle, on: "mail")
        for job in reply.jobs { running[job.id] = job.fence }
        return reply
    }

    /// Acknowledges what the worker is given to carry. Returns how many messages that were.
    @discardableResult
    func arrive() async throws -> Int {
        let messages = try await cycle().messages.map(\.number)
        if !messages.isEmpty { _ = try await queues.store.call(Acknowledge(messages), on: "mail") }
        return messages.count
    }

    /// Puts a job in, as people do.
    func enqueue(
        _ id: String, _ spec: String = #"{"kind":"k"}"#, _ options: String = "", in queue: QueueName = "mail"
    ) async throws {
        _ = try await queues.command("FCALL", "sluice_enqueue", "1", queues.base(queue), id, spec, options)
    }

    /// Puts a job in that follows another one.
    func follow(_ id: String, after parent: String, _ policy: String, more: String = "") async throws {
        try await enqueue(id, #"{"kind":"k"}"#, #"{"after":{"id":"\#(parent)","failed":"\#(policy)"}\#(more)}"#)
    }

    /// Calls a function on a queue by its plain name.
    @discardableResult
    func call(_ name: String, _ arguments: String..., in queue: QueueName = "mail") async throws -> RedisReply {
        try await queues.store.command(["FCALL", "sluice_\(name)", "1", queues.base(queue)] + arguments)
    }

    /// Changes a key of the queue behind the back of the functions.
    func tamper(_ command: String, _ key: String, _ arguments: String..., in queue: QueueName = "mail") async throws {
        _ = try await queues.store.command([command, queues.base(queue) + ":" + key] + arguments)
    }

    /// The same for a key of the workflow `w`.
    func tamperFlow(_ command: String, _ key: String, _ arguments: String...) async throws {
        _ = try await queues.store.command([command, queues.store.keys.workflow("w") + ":" + key] + arguments)
    }

    /// Makes and starts the workflow `w`: `first`, and `second` after it.
    func startFlow(onFailed policy: FailurePolicy = .cancel) async throws {
        let spec = Array(#"{"kind":"k"}"#.utf8)
        let nodes = [
            WorkflowAdd.Node("first", queue: "mail", spec: spec),
            WorkflowAdd.Node("second", queue: "mail", spec: spec, after: [WorkflowEdge("first", policy)]),
        ]
        let head = WorkflowAdd.Head(name: "test", deadline: nil, context: "")
        _ = try await queues.store.call(WorkflowAdd(head: head, token: "t", nodes: nodes), workflow: "w")
        _ = try await queues.store.call(WorkflowIndex(take: 0, looks: [("w", .seconds(3600))]))
        try await step(.start)
        try await step(.released(["first"]))
    }

    @discardableResult
    func step(_ verbs: WorkflowStep.Verb...) async throws -> WorkflowStep.Reply {
        try await queues.store.call(WorkflowStep(verbs), workflow: "w")
    }

    /// What is found of queues and workflows.
    func findings() async throws -> [Diagnosis.Finding] {
        try await inspector.diagnose().parts.filter { $0.subject != .server && $0.subject != .library }.flatMap(\.findings)
    }

    /// Runs a command of a cure that is a call of the tool, as far as these tests know it.
    func follow(cure: String) async throws {
        let command = cure.prefix { $0 != "," && $0 != ";" }
        let words: [String] = command.split(separator: " ").map { $0.filter { $0 != "'" } }
        if words.first == "redis-cli" {
            _ = try await queues.store.command(Array(words[1...]))
        } else if words.starts(with: ["sluice", "jobs", "retry", "--queue"]) {
            try await call("retry", words[5], in: try QueueName(words[4]))
        } else if words.starts(with: ["sluice", "jobs", "cancel", "--queue"]) {
            try await call("cancel", words[5], in: try QueueName(words[4]))
        } else if words.starts(with: ["sluice", "workflows", "retry"]) {
            try await step(.retry(nil))
        } else if words.starts(with: ["sluice", "workflows", "cancel"]) {
            try await step(.cancel(words[4]))
        } else if words.starts(with: ["sluice", "queues", "resume"]) {
            try await call("resume", in: try QueueName(words[3]))
        } else if words.starts(with: ["sluice", "dependencies", "on"]) {
            try await inspector.switchDependency(words[3], on: true, in: "mail")
        } else if try await !followCron(words) {
            throw UnknownCure(text: cure)
        }
    }

    struct UnknownCure: Error { var text: String }
}
