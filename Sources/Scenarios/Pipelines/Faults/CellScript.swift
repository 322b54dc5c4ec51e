import Foundation
import Hiredis
import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceLua
import SluiceStore
import SluiceTesting

/// What is done to a cell: a fault with each portion of its jobs.
struct CellScript {
    let stage: CellStage

    /// Plays all of it, or as much as can be.
    func play() async throws {
        do {
            try await killOne(0)
            try await freezeOne(1)
            try await stealTokens(2)
            try await restartRedis(3)
            try await changeLimits(4)
            for flow in stage.plan.flows {
                _ = try await stage.patiently {
                    try await stage.client.workflow(WorkflowID(known: flow.id)).wait(timeout: .seconds(30))
                }
            }
        } catch is Stalled {
            stage.events.stalled = true
            stage.say("has stopped")
        }
        stage.events.end = RunLine.now()
    }

    /// SIGKILL in the middle of a chunk; another process comes under the same host name.
    private func killOne(_ portion: Int) async throws {
        try await stage.enqueue(portion)
        let victim = try await runner(of: Plan.victims.killed, verb: .chunk)
        let time = try await stage.crew.replace(victim)
        stage.events.blows.append(CellEvents.Blow(kind: .killed, process: victim.pid, time: time))
        stage.say("killed \(victim.host)")
        try await stage.audit()
        try await stage.drain(through: portion)
    }

    /// SIGSTOP in the middle of a job, until it is taken away.
    private func freezeOne(_ portion: Int) async throws {
        try await stage.enqueue(portion)
        let victim = try await runner(of: Plan.victims.frozen, verb: .start)
        victim.signal(SIGSTOP)
        var blow = CellEvents.Blow(kind: .frozen, process: victim.pid, time: RunLine.now())
        stage.say("froze \(victim.host)")
        do {
            try await stage.until("the frozen worker had lost its jobs") { [recorder = stage.recorder] in
                // On a machine that is very busy the job may have ended before.
                let isOver = await recorder.states[Plan.victims.frozen]?.isEnded ?? false
                return await recorder.returned.contains(Plan.victims.frozen) || isOver
            }
            try await stage.audit()
        } catch {
            victim.signal(SIGCONT)
            throw error
        }
        victim.signal(SIGCONT)
        blow.until = RunLine.now()
        stage.events.blows.append(blow)
        try await stage.drain(through: portion)
    }

    /// The worker that is in the middle of a job.
    private func runner(of id: String, verb: RunLine.Verb) async throws -> WorkerProcess {
        var found: WorkerProcess?
        try await stage.until("\(id) ran") {
            try stage.log.read()
            guard stage.log.lines.contains(where: { $0.verb == verb && $0.id == id }) else { return false }
            found = stage.log.runner(of: id).flatMap { stage.crew.worker($0) }
            return found != nil
        }
        guard let found else { throw Unusable("nobody runs \(id)") }
        return found
    }

    /// Wake tokens go to others, while workers become idle and new jobs come.
    private func stealTokens(_ portion: Int) async throws {
        let requests = stage.plan.requests(in: portion)
        let first = requests.prefix(requests.count / 2)
        let before = await stage.recorder.ended
        try await stage.client.enqueue(first)
        let thieves = TokenThieves(queues: CellStage.queues, store: stage.inspector.store)
        stage.events.stolenTokens = try await thieves.steal(4) {
            try await stage.until("the first half had ended") { [recorder = stage.recorder] in
                await recorder.ended >= before + first.count
            }
            var rest = requests.dropFirst(first.count)
            while !rest.isEmpty {
                try await stage.client.enqueue(rest.prefix(10))
                rest = rest.dropFirst(10)
                let wake = stage.inspector.store.keys.wake("work")
                _ = try await stage.inspector.store.send(["DEL", wake], key: wake)
            }
            for flow in stage.plan.flows where flow.portion == portion { try await stage.client.enqueue(flow.workflow()) }
            try await stage.drain(through: portion)
        }
        stage.say("\(stage.events.stolenTokens) wake tokens stolen")
    }

    /// Redis goes, and starts again from its append-only file. It is told to, because what it synchronises every second it may
    /// lose when it is killed.
    private func restartRedis(_ portion: Int) async throws {
        let before = await stage.recorder.ended
        try await stage.enqueue(portion)
        try await stage.until("some had ended") { [recorder = stage.recorder] in await recorder.ended >= before + 5 }
        let from = RunLine.now()
        try await stage.server.restart()
        _ = try await stage.patiently { try await stage.inspector.status(of: "work") }
        stage.events.outages.append(CellEvents.Span(from: from, to: RunLine.now() + 2_000_000))
        stage.say("Redis was stopped and is back")
        try await stage.audit()
        try await stage.drain(through: portion)
    }

    /// A pause, a lower limit for a while, and a newer library.
    private func changeLimits(_ portion: Int) async throws {
        try await stage.inspector.pause("work", reason: "for a moment")
        let from = RunLine.now()
        try await stage.enqueue(portion)
        try await Task.sleep(for: .milliseconds(200))
        stage.events.heldByPause = try await stage.inspector.status(of: "work").states[.available] ?? 0
        stage.events.pauses.append(CellEvents.Span(from: from, to: RunLine.now()))
        try await stage.inspector.resume("work")
        let low = 2
        stage.events.lowered = low
        var history = stage.events.concurrency
        try await history.change(to: low) {
            try await stage.inspector.override("concurrency", to: "\(low)", in: "work")
            try await stage.until("what runs was counted") {
                try await !stage.inspector.limits(of: "work", gate: "*").isMigrating
            }
        }
        stage.events.concurrency = history
        let claims = await stage.recorder.claims
        try await someMore(than: claims, portion)
        try await CellStage.load(FunctionLibrary.revision + 1, into: stage.server)
        stage.events.newLibrary = RunLine.now()
        stage.say("a newer library is in")
        try await someMore(than: claims + 6, portion)
        try await history.change(to: stage.cell.limits.hasConcurrency ? stage.scale.global : nil) {
            _ = try await stage.inspector.restore("concurrency", in: "work")
        }
        stage.events.concurrency = history
        try await stage.drain(through: portion)
    }

    /// Waits until some more were claimed, unless there are no more.
    private func someMore(than claims: Int, _ portion: Int) async throws {
        let count = stage.plan.queued(through: portion).count
        try await stage.until("more had been claimed") { [recorder = stage.recorder] in
            let isOver = await recorder.ended >= count
            return await recorder.claims >= claims + 6 || isOver
        }
    }
}
