import ScenarioSupport
import SluiceCore

/// One live job for each fingerprint: B2, B3.
extension Evidence {
    var oneLive: Verdict {
        var found = doubles.map { "two live jobs of \($0)" } + violations.filter { $0.hasPrefix("I5") }
        for trial in twins where trial.owners.count != 1 || trial.added != 0 {
            found.append(
                "while one was \(trial.state), \(trial.added) equal ones were added, and \(trial.owners.count) jobs named")
        }
        // Had its worker been lost, the job itself would have run with what was left.
        if let replaced, !asOriginal, replaced.runs.count < 3,
            Set(replaced.runs).count != 2 || replaced.runs.last != replaced.wanted
        {
            found.append("after a run that was left \(replaced.wanted) as its next, these ran: \(replaced.runs)")
        }
        found += overlaps
        let states = Set(twins.map(\.state.rawValue)).sorted()
        if found.isEmpty, states.count < 4 || replaced == nil { return .unknown("not all states were tried") }
        return Verdict(
            found,
            "\(announcements) announcements of \(scale.items) fingerprints; 20 at once while \(states.joined(separator: ", "))")
    }

    /// Runs of two jobs of one fingerprint at the same time.
    private var overlaps: [String] {
        let overtaken = index.overtaken
        var last: [Int: CrawlRun] = [:]
        var found: [String] = []
        for run in runs where run.number >= 0 && !overtaken.contains("\(run.id) \(run.claimed)") {
            if let before = last[run.number], before.id != run.id, let ended = before.ended, run.claimed < ended {
                found.append("\(before.id) and \(run.id) ran at the same time")
            }
            last[run.number] = run
        }
        return found
    }

    var locksEnd: Verdict {
        guard let locks, !again.isEmpty else { return .unknown("nobody looked at the locks") }
        var found = again.filter { !$0.isNew }.map { "after its job was \($0.ending), a fingerprint was still taken" }
        if locks.all != locks.periods + locks.live {
            found.append("\(locks.all) locks, for \(locks.live) live jobs and \(locks.periods) that are held for a time")
        }
        let endings = again.map(\.ending).joined(separator: ", ")
        return Verdict(found, "announced again after: \(endings); \(locks.all) locks left, all held for their time")
    }
}
