import Hiredis
import ScenarioSupport
import Sluice
import SluiceInspector
import SluiceStore

/// Reads what is left in Redis, in the API and in the file of runs.
struct Gathering {
    let stage: CrawlStage

    func gather() async throws {
        stage.evidence.samples = await stage.sampler.samples + [try await stage.sampler.sample()]
        let status = try await stage.inspector.status(of: CrawlStage.queue)
        stage.evidence.refused = status.totals["refused"] ?? 0
        stage.evidence.left = status.states.filter { !$0.key.isEnded }.values.reduce(0, +)
        stage.evidence.locks = try await locks(live: stage.evidence.left)
        try await discarded()
        if !stage.evidence.stalled, await stage.crew.dismiss() > 0 {
            stage.evidence.violations.append("a worker did not end in order")
        }
        stage.evidence.killed = await stage.crew.dead
        stage.evidence.calls = stage.api.calls
        try stage.log.read()
        take(stage.log.lines)
    }

    private func locks(live: Int) async throws -> Evidence.Locks {
        let base = stage.inspector.store.keys.base(CrawlStage.queue)
        let all = try await stage.inspector.store.send(["HLEN", "\(base):unique"], key: base).root.integer ?? -1
        let periods = try await stage.inspector.store.send(["ZCARD", "\(base):unique_ends"], key: base).root.integer ?? -1
        return Evidence.Locks(all: all, periods: periods, live: live)
    }

    /// Who was discarded though nothing was wrong with it.
    private func discarded() async throws {
        var cursor: String?
        repeat {
            let page = try await stage.inspector.jobs(
                matching: JobFilter(queues: [CrawlStage.queue], states: [.discarded]), limit: 1000, after: cursor)
            for job in page.jobs {
                guard let number = Item.parts(of: job.id.text)?.number, number < stage.scale.items else { continue }
                guard Item(number: number).act == nil else { continue }
                // One that was near a killer too often is counted elsewhere.
                let crashes = try await stage.inspector.job(job.id, in: CrawlStage.queue)?.crashes ?? 0
                if crashes < Scale.crashes { stage.evidence.wronged.append(job.id.text) }
            }
            cursor = page.next
        } while cursor != nil
    }

    private func take(_ lines: [RunLine]) {
        stage.evidence.runs = CrawlRun.runs(of: lines)
        for line in lines {
            switch line.verb {
            case .warned: stage.evidence.warned.insert(line.process)
            case .counted: stage.evidence.counted += line.attempt
            case .refused: stage.evidence.lateRefusals += 1
            case .wrote: if line.note == "late" { stage.evidence.lateWrites += 1 } else { stage.evidence.without += 1 }
            case .start, .end, .chunk, .processed, .orphaned, .unstored: break
            }
        }
        if let wanted = stage.evidence.replaced?.wanted, let number = Item.parts(of: wanted)?.number {
            let runs = stage.evidence.runs.filter { $0.number == number }.map(\.id)
            stage.evidence.replaced?.runs = runs
        }
    }
}
