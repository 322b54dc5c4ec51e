import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceLua
import SluiceStore
import SluiceTesting

/// One cell from its Redis to its verdicts.
struct CellRun: Sendable {
    let cell: Cell
    let scale: Scale
    let asOriginal: Bool
    let seed: UInt64
    let records: CellRecords?

    /// - Throws: only when it is cancelled; what goes wrong is in the result.
    func run() async throws -> CellResult {
        let started = ContinuousClock.now
        do {
            var result = try await RedisTestServer.lend(.init(aof: true)) { try await play(on: $0) }
            result.elapsed = ContinuousClock.now - started
            return result
        } catch {
            try Task.checkCancellation()
            return CellResult(cell: cell, elapsed: ContinuousClock.now - started, failure: "\(error)")
        }
    }

    private func play(on server: RedisTestServer) async throws -> CellResult {
        let plan = try Plan(scale, seed: seed)
        let stage = try await CellStage(cell, scale, plan, on: server, asOriginal: asOriginal)
        do {
            try await stage.open()
            try await CellScript(stage: stage).play()
            let evidence = try await evidence(of: stage)
            try records?.write(evidence, log: stage.log.path)
            await stage.close()
            return result(evidence)
        } catch {
            await stage.close()
            throw error
        }
    }

    private func result(_ evidence: Evidence) -> CellResult {
        var result = CellResult(cell: cell, finals: evidence.finals)
        for promise in Promise.allCases { result.verdicts[promise] = evidence.verdict(on: promise) }
        result.jobs = evidence.plan.jobs.count
        result.runs = evidence.history.runs.count
        result.stolenTokens = evidence.events.stolenTokens
        return result
    }

    /// Asks Redis for everything, lets the workers end, and reads what they wrote.
    private func evidence(of stage: CellStage) async throws -> Evidence {
        let inspector = stage.inspector
        if !stage.events.stalled {
            try await stage.until("nothing was left to tell") {
                var left = 0
                for queue in CellStage.queues { left += try await inspector.status(of: queue).outgoing }
                return left == 0
            }
        }
        var totals: [String: Int] = [:]
        for queue in CellStage.queues { totals.merge(try await inspector.status(of: queue).totals, uniquingKeysWith: +) }
        let (finals, results) = try await ends(stage)
        var remains = try await places(stage)
        remains += await stage.crew.dismiss()
        try stage.log.read()
        let revision = try await inspector.store.libraryVersion()?.revision ?? 0
        let recorder = stage.recorder
        return Evidence(
            cell: cell, scale: scale, plan: stage.plan,
            history: History(lines: stage.log.lines, transitions: await recorder.transitions), events: stage.events,
            finals: finals, results: results, totals: totals, remains: remains,
            revisions: (revision, FunctionLibrary.revision), gaps: await recorder.gaps,
            planned: Dictionary(stage.plan.jobs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Places at limits that are still taken, and what an audit finds.
    private func places(_ stage: CellStage) async throws -> [String] {
        var found: [String] = []
        for queue in CellStage.queues {
            let limits = try await stage.inspector.limits(of: queue)
            for gate in limits.gates where gate.running > 0 {
                found.append("\(queue): \(gate.running) places taken at \(gate.gate)")
            }
            let report = try await stage.inspector.audit(queue)
            found += report.violations.map { "\(queue): \($0.invariant) \($0.what)" }
        }
        return found
    }

    /// The state of each job and node, and what the last nodes returned.
    private func ends(_ stage: CellStage) async throws -> ([String: JobState], [String: Int]) {
        var finals: [String: JobState] = [:]
        var cursor: String?
        repeat {
            let page = try await stage.inspector.jobs(
                matching: JobFilter(queues: CellStage.queues), limit: 1000, after: cursor)
            for job in page.jobs { finals[job.id.text] = job.state }
            cursor = page.next
        } while cursor != nil
        var results: [String: Int] = [:]
        for flow in stage.plan.flows {
            let handle = stage.client.workflow(WorkflowID(known: flow.id))
            do throws(SluiceError) {
                let nodes = try await stage.inspector.workflow(WorkflowID(known: flow.id))?.graph.nodes ?? []
                for node in nodes where finals["\(flow.id):\(node.name)"] == nil {
                    finals["\(flow.id):\(node.name)"] = JobState(node.state)
                }
                results[flow.id] = try await handle.output(of: "e", as: Int.self)
            } catch {
                // What never came to be is missing in the comparison.
                guard error.code == .noOutput || error.code == .unknownWorkflow else { throw error }
            }
        }
        return (finals, results)
    }
}

extension JobState {
    /// The state of a node that has no job in a queue.
    fileprivate init?(_ state: WorkflowStatus.NodeState) {
        switch state {
        case .building, .suspended, .held: self = .suspended
        case .completed: self = .completed
        case .cancelled: self = .cancelled
        case .discarded: self = .discarded
        case .active, .deleted: return nil
        }
    }
}
