import ScenarioSupport

/// What becomes of runs: B1, B4, B5, B12.
extension Evidence {
    var outcomesStored: Verdict {
        var found = unstored.sorted { $0.value > $1.value }.map {
            "the outcome of \($0.key) could not be stored \($0.value) times, because of another job of its fingerprint"
        }
        if left > 0, !stalled { found.append("\(left) jobs never ended") }
        if scale.sample == 1 {
            // A worker that was taken for dead is refused, and its job runs again.
            let again = index.pairs.count {
                $0.run.end == .ok || ($0.next.attempt == $0.run.attempt && !$0.run.isUnavailable)
            }
            if refused - lateRefusals > again {
                found.append("\(refused) outcomes were refused, and \(again) runs were overtaken")
            }
        }
        return Verdict(found, "\(runs.count) runs were written down, \(refused) refused as overtaken")
    }

    var boundedRuns: Verdict {
        var found: [String] = []
        var most = (runs: 0, id: "-")
        for (id, own) in index.ofJob {
            let number = own[0].number
            guard number >= 0, number < scale.items else { continue }
            let item = Item(number: number)
            let count = own.count { !$0.isUnavailable } + unstored[id, default: 0]
            if count > most.runs { most = (count, id) }
            let attempts = item.asks ? (asOriginal ? Scale.originalAttempts : Scale.lookupAttempts) : Scale.attempts
            // An operator gives what was discarded all attempts anew.
            let allowed = attempts * (item.act == .fail ? 2 : 1) + Scale.crashes
            if count > allowed { found.append("\(id) ran \(count) times, \(allowed) allowed") }
        }
        if most.runs == 0 { return .unknown("nothing ran") }
        let killer = index.ofJob[Item.id(Item.killer.number, Trials.first)]?.count ?? 0
        if killer == 0, found.isEmpty { return .unknown("nothing killed its worker") }
        return Verdict(found, "\(most.runs) at most, of \(most.id); the job that kills its worker \(killer) times")
    }

    var laterDue: Verdict {
        var found = unstored.map { "\($0.key) failed and was first in line again, \($0.value) times" }
        var checked = 0
        var least = Int.max
        for (run, next) in index.pairs where next.attempt == run.attempt + 1 {
            guard let ended = run.ended, ended <= next.claimed, run.end == .failed || run.end == .cut else { continue }
            checked += 1
            // One that does not return in time is settled without it. Due times are in whole ms.
            let wait = next.claimed - min(ended, run.claimed + Scale.timeout.microseconds)
            least = min(least, wait)
            if wait < Scale.retry.microseconds - 2000 { found.append("\(run.id) failed and ran again after \(wait / 1000) ms") }
        }
        if checked == 0, found.isEmpty { return .unknown("nothing failed twice") }
        return Verdict(found, "\(checked) retries, the soonest after \(least / 1000) ms")
    }

    var timeouts: Verdict {
        var found: [String] = []
        let hung = calls.filter { $0.status == 0 }
        for call in hung {
            guard let run = index.run(of: call), killed[run.process] == nil else { continue }
            let later = index.ofJob[run.id]?.contains { $0.claimed > run.claimed } ?? false
            if run.end != .cut { found.append("\(run.id) hung and was not cancelled") }
            if !later { found.append("\(run.id) hung and did not run again") }
        }
        if lateWrites > 0 { found.append("\(lateWrites) runs wrote after another one had begun") }
        if found.isEmpty, hung.isEmpty || lateRefusals == 0 { return .unknown("nothing hung, or nobody wrote late") }
        return Verdict(found, "\(hung.count) calls hung, and were cut off; \(lateRefusals) late writes refused")
    }
}
