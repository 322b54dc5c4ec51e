import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// Something wrong with a queue or a workflow: how it comes to be, what is told, and how it goes.
struct Ailment: Sendable, CustomTestStringConvertible {
    var code: String
    var severity = Diagnosis.Severity.problem
    /// Part of what is told.
    var what: String
    /// Part of the cure; the whole is followed, unless `heal` says how.
    var cure: String
    var provoke: @Sendable (Patient) async throws -> Void
    var heal: (@Sendable (Patient) async throws -> Void)?

    var testDescription: String { "\(code): \(what)" }
}

extension Ailment {
    static let all = ofWorkers + ofFollowers + ofMessages + ofMessagesThatCannotBeRead + ofLinks + ofWorkflows + ofCron

    private static let ofWorkers = [
        Ailment(
            code: "queue.audit", what: "I1: the indexes hold 1 ids more than there are jobs, and 1 more",
            cure: "sluice audit mail",
            provoke: { try await $0.tamper("ZADD", "completed", "1", "ghost") },
            heal: { try await $0.tamper("ZREM", "completed", "ghost") }),
        Ailment(
            code: "queue.paused", severity: .notice, what: "paused 10m ago: the server moves", cure: "sluice queues resume mail",
            provoke: {
                try await $0.call("pause", "the server moves")
                try await $0.queues.advance(by: .seconds(600))
            }),
        Ailment(
            code: "queue.no_worker", what: "2 jobs could run, and no worker of the queue lives",
            cure: "sluice worker mail --exec COMMAND",
            provoke: {
                try await $0.leave()
                try await $0.enqueue("a")
                try await $0.enqueue("b", #"{"kind":"k"}"#, #"{"delay":1000}"#)
                try await $0.queues.advance(by: .seconds(1))
            }, heal: { try await $0.join() }),
        Ailment(
            code: "queue.no_worker", what: "1 job ran on workers that are dead", cure: "start the program that serves it",
            provoke: {
                try await $0.enqueue("a")
                try await $0.cycle(1)
                try await $0.queues.advance(by: .seconds(7201))
            }, heal: { try await $0.join("w2") }),
        Ailment(
            code: "queue.deadline", what: "1 job has not ended a minute after its deadline",
            cure: "start the program that serves it",
            provoke: {
                try await $0.leave()
                try await $0.enqueue("a", #"{"kind":"k"}"#, #"{"delay":3600000,"deadline":1000}"#)
                try await $0.queues.advance(by: .seconds(61))
            },
            heal: {
                try await $0.join()
                try await $0.cycle()
            }),
        Ailment(
            code: "queue.unknown_kind", what: "no live worker handles 'z', of which 2 jobs wait, such as a",
            cure: "sluice jobs list --queue mail --kind z",
            provoke: {
                try await $0.enqueue("a", #"{"kind":"z"}"#)
                try await $0.enqueue("b", #"{"args":{},"kind":"z"}"#, #"{"delay":1000}"#)
                try await $0.enqueue("c")
            }, heal: { try await $0.join(kinds: ["z", "k"]) }),
        Ailment(
            code: "queue.chain_held", severity: .notice,
            what: "2 jobs wait behind a, which was discarded and holds chain=c", cure: "sluice jobs retry --queue mail a",
            provoke: { patient in
                for id in ["a", "b", "c"] {
                    try await patient.enqueue(id, #"{"kind":"k","chain":"c","chain_hold":true}"#)
                }
                try await patient.cycle(1)
                try await patient.cycle(0, ["a": .discarded(error: "{}")])
            }),
        Ailment(
            code: "queue.dependency_off", severity: .notice, what: "tmdb was switched off 1h ago",
            cure: "sluice dependencies on tmdb --queue mail",
            provoke: {
                try await $0.call("switch", "tmdb", "off")
                try await $0.queues.advance(by: .seconds(3600))
            }),
    ]

    private static let ofFollowers = [
        Ailment(
            code: "queue.held", severity: .notice, what: "1 job, such as b, is held behind a, which was cancelled",
            cure: "sluice jobs retry --queue mail a",
            provoke: {
                try await $0.enqueue("a")
                try await $0.follow("b", after: "a", "hold")
                try await $0.call("cancel", "a")
            }),
        Ailment(
            code: "queue.held", severity: .notice, what: "1 job, such as b, is held behind a, which is gone",
            cure: "let a follower go: sluice jobs retry --queue mail b",
            provoke: {
                try await $0.enqueue("a")
                try await $0.follow("b", after: "a", "hold")
                try await $0.call("delete", "a")
            }, heal: { try await $0.call("retry", "b") }),
        Ailment(
            code: "queue.held", severity: .notice, what: "is held behind p, which was cancelled",
            cure: "sluice jobs retry --queue web p",
            provoke: {
                try await $0.enqueue("p", in: "web")
                try await $0.call("cancel", "p", in: "web")
                try await $0.enqueue("a")
                try await $0.follow("b", after: "a", "hold")
                try await $0.tamper("HSET", "after", "b", "p hold 0")
            }, heal: { try await $0.call("cancel", "b") }),
        Ailment(
            code: "queue.orphan", what: "b is suspended and waits for ghost, which is gone, and nothing releases it",
            cure: "sluice jobs retry --queue mail b",
            provoke: {
                try await $0.enqueue("a")
                try await $0.follow("b", after: "a", "cancel")
                try await $0.tamper("HSET", "after", "b", "ghost cancel 0")
            }),
        Ailment(
            code: "queue.orphan", what: "b is suspended and waits for c, which was cancelled, and nothing releases it",
            cure: "sluice jobs retry --queue mail b",
            provoke: {
                try await $0.enqueue("a")
                try await $0.enqueue("c")
                try await $0.call("cancel", "c")
                try await $0.follow("b", after: "a", "cancel")
                try await $0.tamper("HSET", "after", "b", "c cancel 0")
            }),
        Ailment(
            code: "queue.orphan", what: "b is suspended and waits for nothing", cure: "sluice jobs retry --queue mail b",
            provoke: {
                try await $0.enqueue("a")
                try await $0.follow("b", after: "a", "cancel")
                try await $0.tamper("HDEL", "after", "b")
            }),
    ]

    /// Lets `b` go to queue web.
    private static func letGo(_ patient: Patient) async throws {
        try await patient.enqueue("a")
        try await patient.follow("b", after: "a", "ignore", more: #","target":"web""#)
        try await patient.call("cancel", "a")
    }

    private static let ofMessages = [
        Ailment(
            code: "queue.messages_stuck", what: "1 message for queue web, up to 1m old, and no process relays what is due",
            cure: "sluice worker mail --exec COMMAND",
            provoke: {
                try await letGo($0)
                try await $0.queues.advance(by: .seconds(60))
            }, heal: { try await $0.arrive() }),
        Ailment(
            code: "queue.messages_stuck", what: "1 message for queue web, up to 5s old, and no process relays what is due",
            cure: "start a worker of any queue, such as sluice worker mail --exec COMMAND",
            provoke: {
                try await $0.leave()
                try await letGo($0)
                try await $0.queues.advance(by: .seconds(5))
            },
            heal: {
                try await $0.join()
                try await $0.arrive()
            }),
        Ailment(
            code: "queue.messages_slow", what: "1 message for queue web, up to 10m old, relayed again and again without arriving",
            cure: "see the logs of the workers of mail",
            provoke: {
                try await letGo($0)
                try await $0.queues.advance(by: .seconds(600))
                try await $0.cycle()
            },
            heal: {
                try await $0.queues.advance(by: .seconds(600))
                try await $0.arrive()
            }),
        Ailment(
            code: "queue.messages_expired",
            what: "1 message for queue web, up to 7d old, which is too old to be relayed: b and those with it stay here",
            cure: "sluice jobs retry --queue mail b sends it anew",
            provoke: {
                try await letGo($0)
                try await $0.queues.advance(by: .seconds(7 * 86_400))
                try await $0.join("w2")
            },
            heal: {
                try await $0.call("retry", "b")
                #expect(try await $0.arrive() == 1)
            }),
        Ailment(
            code: "queue.messages_expired", what: "too old to be relayed: b", cure: "cancel or delete ends it",
            provoke: {
                try await letGo($0)
                try await $0.queues.advance(by: .seconds(7 * 86_400))
                try await $0.join("w2")
            },
            heal: {
                try await $0.call("delete", "b")
                #expect(try await $0.arrive() == 0)
            }),
    ]

    private static let ofMessagesThatCannotBeRead = [
        Ailment(
            code: "queue.messages_unreadable",
            what: "2 messages for batch b1, set aside up to 2m ago, since no worker here can read it: 17",
            cure: "start a worker of the version that wrote it, which reads it",
            provoke: { try await unreadable($0) },
            heal: {
                try await $0.tamper("HSET", "messages", "17", "batch.b1 completed a", "18", "batch.b1 completed b")
                try await $0.join("newer")
                #expect(try await $0.arrive() == 2)
            }),
        Ailment(
            code: "queue.messages_unreadable", what: "set aside", cure: "redis-cli FCALL sluice_drop_messages 1",
            provoke: { try await unreadable($0) }, heal: { try await $0.call("drop_messages", "17", "18") }),
    ]

    /// Two messages that make no sense, which somebody has set aside.
    private static func unreadable(_ patient: Patient) async throws {
        try await patient.tamper("HSET", "messages", "17", "batch.b1 melted a", "18", "batch.b1 melted b")
        try await patient.tamper("ZADD", "outbox", "1", "17", "1", "18")
        #expect(try await patient.queues.store.call(SetAside(["17", "18"]), on: "mail") == 2)
        try await patient.queues.advance(by: .seconds(120))
    }

    private static let ofLinks = [
        Ailment(
            code: "queue.batch_gone", severity: .notice, what: "2 jobs, such as ", cure: "sluice jobs cancel --queue mail ",
            provoke: {
                try await $0.enqueue("a", #"{"kind":"k"}"#, #"{"links":["batch.x"]}"#)
                try await $0.enqueue("b", #"{"kind":"k"}"#, #"{"links":["batch.x"]}"#)
            }, heal: { try await $0.call("cancel", "a", "b") }),
        Ailment(
            code: "queue.workflow_gone", severity: .notice, what: "1 job, such as a, is of workflow x, which is gone",
            cure: "sluice jobs cancel --queue mail a",
            provoke: { try await $0.enqueue("a", #"{"kind":"k"}"#, #"{"links":["workflow.x n"]}"#) },
            heal: { try await $0.call("cancel", "a") }),
    ]

    private static let ofWorkflows = [
        Ailment(
            code: "workflow.held", severity: .notice, what: "1 node of workflow w is held", cure: "sluice workflows retry w",
            provoke: {
                try await $0.startFlow(onFailed: .hold)
                try await $0.step(.done(node: "first", job: id("w:first"), state: .discarded, output: ""))
            },
            heal: {
                try await $0.step(.retry(nil))
                try await $0.step(.done(node: "first", job: id("w:first:2"), state: .completed, output: ""))
                try await $0.step(.done(node: "second", job: id("w:second"), state: .completed, output: ""))
            }),
        Ailment(
            code: "workflow.stuck", what: "node second of workflow w is suspended though all before it has ended",
            cure: "sluice workflows cancel w second",
            provoke: {
                try await $0.startFlow()
                try await $0.step(.done(node: "first", job: id("w:first"), state: .completed, output: ""))
                try await $0.tamperFlow("ZADD", "nodes", "0", "second")
                try await $0.tamperFlow("SADD", "need:second", "first")
            }),
        Ailment(
            code: "workflow.lost", what: "node first of workflow w waits for job w:first of queue mail, which is gone",
            cure: "redis-cli FCALL sluice1_workflow_step 1 ", provoke: { try await $0.startFlow() }),
        Ailment(
            code: "workflow.lost", what: "waits for job w:first of queue mail, which was cancelled, and nothing tells it",
            cure: "sluice jobs retry --queue mail w:first",
            provoke: {
                try await $0.startFlow()
                try await $0.enqueue("w:first")
                try await $0.call("cancel", "w:first")
            }),
        Ailment(
            code: "workflow.overdue", what: "no process maintains workflow w: deadlines, ",
            cure: "sluice worker mail --exec COMMAND",
            provoke: {
                try await $0.startFlow()
                try await $0.enqueue("w:first")
                try await $0.queues.advance(by: .seconds(3661))
            }, heal: { _ = try await $0.queues.store.call(WorkflowIndex(take: 10, looks: [])) }),
    ]
}
