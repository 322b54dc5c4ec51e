import ScenarioSupport

/// How ends are found: N8, N9.
extension Evidence {
    /// From the end of a task to that of its order.
    private func lag(_ job: Job, _ tasks: [String: [UpstreamTask]]) -> (lag: Int, task: UpstreamTask)? {
        // What a worker's death has held up tells nothing of looks.
        guard job.isCompleted, job.crashes == 0, let task = tasks[job.order.id]?.first, let ended = job.ended else { return nil }
        return (max(ended - task.ends, 0), task)
    }

    /// Whether a look has to find the end, for the upstream did not tell it.
    private func isUntold(_ job: Job) -> Bool { job.account.isSilent || job.order.mishap == .lost }

    var isolation: Verdict {
        if asOriginal { return .absent("the original did not accept what it could not submit at once") }
        let tasks = tasksByReference
        var (before, after): ([Int], [Int]) = ([], [])
        let trouble = scale.portion * Scale.trouble
        for job in jobs where isUntold(job) && job.order.number >= scale.portion * 2 {
            guard let lag = lag(job, tasks)?.lag else { continue }
            if job.order.number < trouble { before.append(lag) } else { after.append(lag) }
        }
        if before.count < 10 || after.count < 10 { return .unknown("too few ends were found by looking") }
        let (calm, troubled) = (before.quantile(0.5), after.quantile(0.5))
        var found: [String] = []
        if troubled > calm * 3 / 2 + (scale.assertsTimes ? 0 : 5_000_000) {
            found.append("ends were found after \(calm / 1000) ms, and after \(troubled / 1000) ms with two accounts in trouble")
        }
        let waiting = jobs.count(where: \.account.isInTrouble)
        if found.isEmpty, waiting == 0 { return .unknown("no account was in trouble") }
        let told = scale.assertsTimes ? "" : " (told only)"
        return Verdict(
            found,
            "ends were found after \(calm / 1000) ms, with \(waiting) orders waiting for accounts in trouble after "
                + "\(troubled / 1000) ms\(told)")
    }

    var polling: Verdict {
        let tasks = tasksByReference
        // The first are what is learnt from.
        let silent = jobs.filter { $0.account.isSilent && $0.order.number >= scale.portion * 4 }.compactMap { lag($0, tasks) }
        if silent.count < 20 { return .unknown("too few ends were found by looking") }
        let looks = silent.map(\.task.looks).mean
        let late = silent.map(\.lag).quantile(0.95)
        let lengths = silent.map { $0.task.ends - $0.task.submitted }
        if asOriginal {
            return .absent("a look every \(Scale.interval.brief): \(Self.text(looks)) each, p95 after \(late / 1000) ms")
        }
        var found: [String] = []
        if looks > 10 { found.append("\(Self.text(looks)) looks for each") }
        let all = self.tasks.map(\.looks).reduce(0, +)
        if polls >= all { found.append("\(polls) calls for \(all) looks: they were not batched") }
        var nearest: (interval: Int, looks: Double, late: Int)?
        for interval in stride(from: 200_000, through: 5_000_000, by: 50_000) {
            let fixed = Self.fixed(interval, lengths)
            if scale.assertsTimes, fixed.looks <= looks, fixed.late <= late {
                found.append(
                    "every \(interval / 1000) ms takes \(Self.text(fixed.looks)) looks and finds the end after "
                        + "\(fixed.late / 1000) ms, against \(Self.text(looks)) and \(late / 1000) ms")
            }
            if abs(fixed.looks - looks) < abs((nearest?.looks ?? .infinity) - looks) {
                nearest = (interval, fixed.looks, fixed.late)
            }
        }
        let other = nearest.map { "every \($0.interval / 1000) ms it is \(Self.text($0.looks)) and \($0.late / 1000) ms" } ?? ""
        let told = scale.assertsTimes ? "" : " (told only)"
        return Verdict(
            found,
            "\(Self.text(looks)) looks for a task of four seconds, its end found after \(late / 1000) ms at p95; \(other)\(told); "
                + "\(all) looks in \(polls) calls")
    }

    /// What a look every so often comes to, if it takes no time at all: looks for each, and how late at p95.
    private static func fixed(_ interval: Int, _ lengths: [Int]) -> (looks: Double, late: Int) {
        let looks = lengths.map { ($0 + interval - 1) / interval }
        return (looks.mean, zip(looks, lengths).map { $0 * interval - $1 }.quantile(0.95))
    }

    private static func text(_ number: Double) -> String { "\(Double(Int(number * 10)) / 10)" }
}
