import ScenarioSupport
import Sluice

extension Evidence {
    /// The state of each job, and how often it got there.
    var sameEnds: Verdict {
        var found: [String] = []
        for job in plan.jobs {
            let end = finals[job.id]
            if end != job.end { found.append("\(job.id) is \(end?.rawValue ?? "not there"), planned as \(job.end.rawValue)") }
            let endings = history.endings(of: job.id)
            if endings.count > 1 { found.append("\(job.id) ended \(endings.count) times") }
            // The stored outcome is told in ms; a run that was claimed in a later one comes after it.
            if let ended = endings.first?.time, let late = history.runs(of: job.id).first(where: { $0.claimed > ended }) {
                found.append("\(job.id) ran again at \(late.claimed), after its outcome had been stored")
            }
        }
        let again = plan.jobs.count { job in history.runs(of: job.id).count { $0.ended != nil && $0.left == nil } > 1 }
        return Verdict(found, "\(plan.jobs.count) jobs as planned; \(again) had ended in a worker and ran again")
    }

    /// Writes and outcomes of runs that were overtaken.
    var fencing: Verdict {
        let frozen = events.blows.filter { $0.kind == .frozen }
        let overtaken = history.runs.filter { run in
            frozen.contains { $0.process == run.process && run.claimed <= $0.time && run.ended ?? .max > $0.time }
                && run.left != nil
                && history.runs(of: run.id).contains { $0.claimed > run.claimed && $0.process != run.process }
        }
        if overtaken.isEmpty { return .unknown("no run was overtaken") }
        var found: [String] = []
        var refused = 0
        for line in history.lines where line.verb == .wrote || line.verb == .refused {
            let asked = Int(line.note) ?? 0
            let isStale = history.runs(of: line.id).contains { $0.claimed > line.fence && $0.claimed < asked }
            if line.verb == .wrote, isStale { found.append("\(line.id) wrote under fence \(line.fence), which was overtaken") }
            if line.verb == .refused { refused += 1 }
        }
        for run in overtaken {
            let endings = history.endings(of: run.id)
            let last = history.runs(of: run.id).last?.claimed ?? 0
            if endings.count != 1 || endings.contains(where: { $0.time < last }) {
                found.append("\(run.id) ended \(endings.count) times, or before its last run had begun")
            }
        }
        let basis = "\(overtaken.count) runs overtaken; \(refused) writes and \(totals["refused", default: 0]) outcomes refused"
        return Verdict(found, basis)
    }

    /// When what a dead or frozen worker ran was taken back, and whether it kept its place.
    var takeOver: Verdict {
        var found: [String] = []
        var count = 0
        var longest = 0
        for blow in events.blows {
            for run in history.runs where run.process == blow.process && run.claimed <= blow.time {
                // One that told its end may have been settled before.
                guard run.ended.map({ $0 > blow.time }) ?? true else { continue }
                guard let left = run.left else {
                    if blow.kind == .killed { found.append("\(run.id) was never taken back from a dead worker") }
                    continue
                }
                count += 1
                longest = max(longest, left - blow.time)
                if left - blow.time > Self.bound { found.append("\(run.id) was taken back after \(left - blow.time) µs") }
                if !history.runs(of: run.id).contains(where: { $0.claimed > left }) {
                    found.append("\(run.id) did not run again")
                }
                found += overtakers(of: run.id, from: left)
            }
        }
        if count == 0 { return .unknown("no run was cut off") }
        return Verdict(found, "\(count) runs taken back, within \(longest / 1000) ms")
    }

    /// A lease, a cycle, what is added to a lease after a silence of Redis, and what a busy machine takes.
    private static let bound =
        (Scale.lease + Scale.lease / 2 + Scale.grace + Scale.patience / 2).microseconds

    /// Plain jobs of the same lane and portion that came later, had not run yet, and were claimed before one that was taken back.
    private func overtakers(of id: String, from left: Int) -> [String] {
        guard let job = planned[id], job.kind == .plain, history.own[id]?.contains(where: { $0.to == .retryable }) == false,
            let again = history.runs(of: id).first(where: { $0.claimed > left })?.claimed,
            let place = plan.jobs.firstIndex(where: { $0.id == id })
        else { return [] }
        let later = plan.jobs[(place + 1)...].filter {
            $0.kind == .plain && $0.account == job.account && $0.portion >= job.portion
        }
        return later.compactMap { other in
            guard let first = history.runs(of: other.id).first?.claimed, first > left, first < again else { return nil }
            return "\(other.id) was claimed before \(id), which was there first"
        }
    }

    /// What observers in the workers were told, against what Redis recorded. Of a worker that was killed the last is not asked for.
    var observers: Verdict {
        var told: [String: Int] = [:]
        for line in history.lines where line.verb == .processed {
            told["\(line.id) \(line.attempt) \(line.note)", default: 0] += 1
        }
        var found = told.filter { $0.value > 1 }.map { "\($0.key) was told \($0.value) times" }
        let killed = Set(events.blows.filter { $0.kind == .killed }.map(\.process))
        var expected = 0
        var lost = 0
        for job in plan.jobs where job.queue != nil && job.isQueued {
            guard let last = history.runs(of: job.id).last, !killed.contains(last.process) else { continue }
            expected += 1
            if told["\(job.id) \(last.attempt) \(job.end.rawValue)"] != nil { continue }
            // If Redis stopped between the outcome and its reply, and the worker's lease ended before it was back, that outcome is
            // stored, and its worker cannot know.
            let end = history.endings(of: job.id).last?.time ?? 0
            if events.outages.contains(where: { $0.from - 1_000_000 < end && end < $0.to }) {
                lost += 1
            } else {
                found.append("nobody was told the end of \(job.id)")
            }
        }
        let (orphans, faults) = orphans
        let basis =
            "\(expected - lost) of \(expected) ends told by who ran them, \(orphans) by who took them back; "
            + "\(lost) replies were lost with Redis"
        return Verdict(found + faults, basis)
    }

    /// How many runs of dead workers observers elsewhere were told of, and what is wrong with that. Each is told once at most: a
    /// worker that is killed itself tells nothing.
    private var orphans: (count: Int, faults: [String]) {
        var told: [String: Int] = [:]
        for line in history.lines where line.verb == .orphaned { told[line.id, default: 0] += 1 }
        var faults: [String] = []
        for (id, count) in told {
            let taken = history.own[id, default: []].filter { $0.from == .executing && $0.to != .completed }.count
            if count > taken { faults.append("\(id) was told \(count) times as left by a dead worker, and was \(taken) times") }
        }
        if told.isEmpty, totals["reclaimed", default: 0] > 0 { faults.append("nobody was told of the runs of dead workers") }
        return (told.values.reduce(0, +), faults)
    }
}
