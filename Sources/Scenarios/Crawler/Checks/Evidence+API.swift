import ScenarioSupport
import SluiceCore

/// What has to do with the API: B6, B7, B8, B14, B15.
extension Evidence {
    var outageIsNoFailure: Verdict {
        guard let outage else { return .unknown("there was no outage") }
        let called = Set(calls.map { "\($0.id) \($0.fence)" })
        var found = wronged.map { "\($0) was discarded, though nothing was wrong with it" }
        // Who throws after its time is over has run too long, and that is an attempt.
        for (run, next) in index.pairs where run.isUnavailable && next.attempt != run.attempt {
            if (run.ended ?? .max) - run.claimed < Scale.timeout.microseconds {
                found.append("\(run.id) waited, and an attempt was spent")
            }
        }
        let spent = runs.filter {
            $0.isLookup && $0.end == .failed && outage.from < $0.claimed && $0.claimed < outage.to
                && !called.contains("\($0.id) \($0.claimed)")
        }
        if !spent.isEmpty { found.append("\(spent.count) attempts were spent while the API refused connections") }
        if let others = outage.others, others > 0 { found.append("\(others) jobs that need nothing waited for the API") }
        if found.isEmpty, outage.waiting == 0 || outage.others == nil { return .unknown("nothing waited for the API") }
        guard let batches, batches.during > .zero else { return Verdict(found, "") }
        let share = batches.before / batches.during
        if scale.assertsTimes, share < 0.8 { found.append("jobs that need nothing ran at \(Int(share * 100)) % of their speed") }
        let waits = runs.count(where: \.isUnavailable)
        return Verdict(
            found,
            "\(outage.waiting) jobs waited, all others ended meanwhile, at \(Int(share * 100)) % of the speed before\(told); "
                + "\(waits) runs found it missing, none was charged")
    }

    /// Where the speed of the machine matters.
    private var told: String { scale.assertsTimes ? "" : " (told only)" }

    var recovery: Verdict {
        let episodes = [("the outage", outage), ("the refusal of the key", rejection), ("the switch", off)]
        var found: [String] = []
        var basis: [String] = []
        for (name, episode) in episodes {
            guard let episode, episode.to < .max else { return .unknown("\(name) did not end") }
            if let until = episode.openUntil, until > episode.to + Scale.probe.microseconds + 2000 {
                found.append("after \(name), the next probe was \((until - episode.to) / 1000) ms away")
            }
            let good = calls.filter { $0.time > episode.to && $0.status == 200 && $0.key == Scale.ownKey }
            guard let first = good.first else {
                found.append("after \(name) no call was answered")
                continue
            }
            let processes = good.prefix(100).compactMap { index.run(of: $0)?.process }
            if episode.processes.isDisjoint(with: processes) { found.append("after \(name) it took new processes") }
            let wait = first.time - episode.to
            if scale.assertsTimes, wait > Scale.probe.microseconds + 1_000_000 {
                found.append("after \(name) it took \(wait / 1000) ms")
            }
            basis.append("\(wait / 1000) ms after \(name)")
        }
        let rest = drain.map { drained($0, &found) } ?? "no drain"
        return Verdict(found, "first success " + basis.joined(separator: ", ") + told + "; " + rest)
    }

    /// What was left when all was announced took hardly longer than its calls must, and the job whose calls hung most.
    private func drained(_ drain: Drain, _ found: inout [String]) -> String {
        let needed = Double(drain.calls) / Double(scale.ownRate)
        let took = Double(drain.to - drain.from) / 1_000_000
        // Less than some windows tells nothing.
        let hung = Double(drain.hung * (Scale.timeout + Scale.retry).microseconds) / 1_000_000
        if scale.assertsTimes, needed >= 5, took > 1.2 * needed + hung {
            found.append(
                "the last \(drain.calls) calls took \(took) s, 1.2 times \(needed) s and \(hung) s that calls hung allowed")
        }
        return
            "the last \(drain.calls) calls in \(Duration.fractional(took).brief), \(Duration.fractional(needed).brief) at the rate"
    }

    var rate: Verdict {
        var found: [String] = []
        var basis: [String] = []
        let period = Scale.period.microseconds
        for key in [Scale.ownKey, Scale.sharedKey] {
            let allowed = scale.rate(of: key)
            let starts = runs.filter { $0.isLookup && Item(number: $0.number).key == key }.map(\.claimed)
            let most = Self.most(starts.sorted(), in: period)
            if most > allowed { found.append("\(most) starts with \(key) in a second, \(allowed) allowed") }
            let own = calls.filter { $0.key == key }
            let delay = own.map { $0.time - $0.fence }.max() ?? 0
            if delay >= period {
                let late = "a call came \(delay / 1000) ms after its claim, so that the API's log tells nothing"
                basis.append("\(key): \(most) of \(allowed), but \(late)")
                continue
            }
            let seen = Self.most(own.map(\.time).sorted(), in: period - delay)
            if seen > allowed {
                found.append("the API saw \(seen) calls with \(key) in \((period - delay) / 1000) ms, \(allowed) allowed")
            }
            basis.append("\(key): \(most) of \(allowed), the API saw \(seen) in any \((period - delay) / 1000) ms")
        }
        if calls.isEmpty { return .unknown("nobody called") }
        return Verdict(found, basis.joined(separator: "; "))
    }

    /// The most times in any window.
    private static func most(_ times: [Int], in window: Int) -> Int {
        var (most, first) = (0, 0)
        for (index, time) in times.enumerated() {
            while times[first] <= time - window, first < index { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    var switching: Verdict {
        guard let off, off.to < .max else { return .unknown("nothing was switched off") }
        func isWithin(_ time: Int) -> Bool { off.from < time && time < off.to }
        let ran = runs.filter { $0.isLookup && !Item(number: $0.number).isOptional && isWithin($0.claimed) }
        var found = ran.map { "\($0.id) ran while the API was switched off" }
        found += calls.filter { isWithin($0.fence) }.map { "\($0.id) called while the API was switched off" }
        if let others = off.others, others > 0 { found.append("\(others) jobs that need nothing waited for the API") }
        if found.isEmpty, without == 0 || off.waiting == 0 { return .unknown("nothing needed the API") }
        return Verdict(found, "\(off.waiting) jobs waited, \(without) ran without, all others ended")
    }

    var sharedKey: Verdict {
        let own = calls.filter { $0.key == Scale.sharedKey }
        if own.isEmpty { return .unknown("nobody used the shared key") }
        let users = Set(own.compactMap { index.run(of: $0)?.process })
        var found = users.subtracting(warned).map { "process \($0) used the shared key and did not warn" }
        if counted < own.count { found.append("\(own.count) calls with the shared key, \(counted) counted") }
        return Verdict(found, "\(own.count) calls, \(counted) counted; \(warned.count) processes warned")
    }
}
