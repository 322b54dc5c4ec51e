/// Ends of runs.
extension Model {
    /// Records how runs of one claim ended. Returns the ids that are refused.
    mutating func settle(_ settlement: Operation.Settlement, by worker: String) -> [Int] {
        let own = settlement.ids.filter { id in
            running.contains(id) && jobs[id]?.worker == worker && jobs[id]?.fence == settlement.fence
        }
        let suspects = jobs.values.filter { $0.isSuspect && $0.state == .retryable }
        let isHarmless = own.contains { jobs[$0]?.crashes ?? 0 > 1 } && !suspects.isEmpty
        for id in own { settle(id, settlement.ending) }
        if isHarmless { nextSuspect() }
        return settlement.ids.filter { !own.contains($0) }
    }

    /// One suspect has shown itself harmless: the next one need not wait longer.
    private mutating func nextSuspect() {
        let suspects = jobs.values.filter { $0.isSuspect && $0.state == .retryable }
        guard let next = suspects.min(by: { ($0.due ?? 0, $0.id) < ($1.due ?? 0, $1.id) }) else { return }
        jobs[next.id]?.due = now
        jobs[next.id]?.isSuspect = false
    }

    private mutating func settle(_ id: Int, _ ending: Operation.Ending) {
        let isToCancel = jobs[id]?.isToCancel == true
        switch ending {
        case .completed:
            leave(id, completed: true)
            end(id, nil)
            return
        case .cancelled: end(id, .cancelled)
        case .discarded: end(id, .discarded)
        case .retry, .snooze, .release, .wait, .unavailable:
            if isToCancel { end(id, .cancelled) } else { postpone(id, ending) }
        }
        leave(id)
    }

    /// The job is to run again.
    private mutating func postpone(_ id: Int, _ ending: Operation.Ending) {
        switch ending {
        case .completed, .cancelled, .discarded: break
        case .release: enter([id])
        case .retry(let delay): postpone(id, .retryable, due: now + max(delay, 1), keepsPlace: false)
        case .snooze(let delay): postpone(id, .scheduled, due: now + max(delay, 1), keepsPlace: false)
        case .wait(let base, let cap):
            let delay = min(cap, base << min(countWait(id) - 1, 30))
            postpone(id, .scheduled, due: now + max(delay, 1), keepsPlace: true)
        case .unavailable(let name, let asked, let most):
            let waits = countWait(id)
            let until = fail(id, name, asked: asked) ?? 0
            if most > 0, waits > most { return end(id, .discarded) }
            let delay = max(min(300_000, 1000 << min(waits - 1, 30)), asked)
            postpone(id, .scheduled, due: max(until, now + delay), keepsPlace: true)
        }
    }

    private mutating func countWait(_ id: Int) -> Int {
        let waits = (jobs[id]?.waits ?? 0) + 1
        jobs[id]?.waits = waits
        return waits
    }

    /// The breaker of a part of the job's lane hears of a failure. Returns until when nothing starts there, if that is so.
    private mutating func fail(_ id: Int, _ name: String, asked: Int) -> Int? {
        guard let job = jobs[id], let part = World.lanes[job.lane].parts.first(where: { $0.dimension == name }),
            let limit = book.gates[part.gate].breaker
        else { return nil }
        return breakers[part.gate].fail(id, started: job.started, asked: asked, limit, at: now)
    }
}
