import ScenarioSupport

/// What an operator sees and does, and who is served when: B9, B10, B11, B13.
extension Evidence {
    private static let largestStep = 1000
    private static let slowestCall = Duration.milliseconds(20)

    var bulkChanges: Verdict {
        if bulk.isEmpty { return .unknown("nothing was changed in bulk") }
        var found: [String] = []
        for change in bulk {
            if change.changed != change.expected || !change.isComplete {
                found.append("\(change.what): \(change.changed) of \(change.expected) jobs were changed")
            }
            if change.largestStep > Self.largestStep {
                found.append("\(change.what): a step looked at \(change.largestStep) jobs")
            }
        }
        if scale.assertsTimes, slowest > Self.slowestCall { found.append("meanwhile other clients waited \(slowest.brief)") }
        let changes = bulk.map { "\($0.what) \($0.changed)" }.joined(separator: ", ")
        let told = scale.assertsTimes ? "" : " (told only)"
        return Verdict(found, "\(changes); other clients' p99 meanwhile \(slowest.microseconds / 1000) ms\(told)")
    }

    var conservation: Verdict {
        if samples.isEmpty { return .unknown("nobody looked") }
        var found = violations
        for sample in samples where sample.enqueued != sample.present + sample.removed {
            found.append("\(sample.enqueued) enqueued, \(sample.present) present, \(sample.removed) removed")
        }
        if left > 0, !stalled { found.append("\(left) jobs were left") }
        return Verdict(found, "\(samples.count) looks, \(audits) audits; \(samples.last?.enqueued ?? 0) jobs enqueued")
    }

    var visible: Verdict {
        guard let pause else { return .unknown("nothing was paused") }
        guard let mark else { return .unknown("no mark was set") }
        if mark.refused == 0, mark.admitted <= mark.room { return .unknown("no more was sent than the mark lets in") }
        var found = Self.found(of: mark)
        let grown = pause.after.live - pause.before.live
        if grown != pause.added { found.append("\(pause.added) jobs came in a pause, and \(grown) more were told") }
        let older = pause.after.oldest - pause.before.oldest
        let passed = Duration.microseconds(pause.after.time - pause.before.time)
        if older < passed - .milliseconds(5) { found.append("the oldest grew older by \(older.brief) in \(passed.brief)") }
        if pause.added == 0 || pause.after.oldest == .zero { return .unknown("nothing waited in the pause") }
        let depth = samples.map(\.live).max() ?? 0
        let age = samples.map(\.oldest).max() ?? .zero
        return Verdict(
            found,
            "\(pause.added) more in a pause; at most \(depth) jobs live, the oldest for \(age.brief); \(mark.sent) sent at a mark with "
                + "room for \(mark.room): \(mark.admitted) went in, \(mark.refused) were told when to come again")
    }

    private static func found(of mark: MarkTrial) -> [String] {
        var found: [String] = []
        if mark.admitted != mark.room { found.append("\(mark.admitted) jobs went in at a mark with room for \(mark.room)") }
        let silent = mark.sent - mark.admitted - mark.refused
        if silent != 0 { found.append("\(silent) jobs neither went in nor were refused as too many") }
        if mark.advised != mark.refused { found.append("\(mark.refused - mark.advised) were not told when to try again") }
        if mark.later != mark.refused { found.append("\(mark.refused - mark.later) were refused without a mark") }
        return found
    }

    /// Jobs of the same lane that were announced only after a retry was due, and began before it. Those that are sent while nobody
    /// has looked yet that it is due are a portion at most, beside the backlog. A worker that is killed may take a retry along before
    /// its run is written down; the retry runs again when the lease is over, and only what overtook it before is counted.
    var retriesServed: Verdict {
        let bound = scale.backlog + scale.portion * (1 + Scale.repeats)
        let lanes = Dictionary(
            grouping: runs.filter { $0.attempt == 1 && $0.number >= 0 && $0.number < scale.items }, by: Self.lane)
        var found: [String] = []
        var (checked, worst) = (0, 0)
        for (run, next) in index.pairs where next.attempt == run.attempt + 1 && run.number < scale.items {
            guard let ended = run.ended, let lane = lanes[Self.lane(run)] else { continue }
            let due = ended + Scale.retry.microseconds
            // What was sent later than this had begun to be sent after it was due.
            guard let later = announced.first(where: { $0.time > due }) else { continue }
            checked += 1
            let served = killed.values.filter { $0 > due && $0 < next.claimed }.min() ?? next.claimed
            let overtakers = lane.count { $0.announced >= later.first && $0.claimed < served } * weight(run)
            worst = max(worst, overtakers)
            if overtakers > bound { found.append("\(overtakers) jobs overtook \(run.id), which was due") }
        }
        let first = runs.filter { $0.end == .failed || $0.end == .cut }.count
        if checked == 0 { return .unknown("nothing was retried while more came: \(first) failed") }
        return Verdict(found, "\(checked) retries while more came; the most that overtook one: \(worst), \(bound) allowed")
    }

    /// What a written run stands for.
    private func weight(_ run: CrawlRun) -> Int { run.isLookup ? 1 : scale.sample }

    private static func lane(_ run: CrawlRun) -> String {
        guard run.isLookup else { return "" }
        let item = Item(number: run.number)
        return item.key + (item.isOptional ? "?" : "")
    }
}

extension Evidence.MarkTrial {
    /// How many more may wait.
    var room: Int { max(mark - waiting, 0) }
}
