import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension QueueExamination {
    /// The tolerated delay of a tick. A later tick counts as missed when a worker finds it.
    private static let patience = Duration.seconds(60)
    /// How long an entry without further ticks is kept before it is reported.
    private static let memory = Duration.seconds(86_400)
    /// Consecutive skipped ticks to report. Fewer may come from one job that took a little longer.
    private static let manySkipped = 3

    /// Examines the recurring jobs.
    mutating func examineCron(_ workers: DiagnoseWorkers.Reply) async throws(SluiceError) {
        let list = try await store.cronEntries(of: queue)
        if list.items.isEmpty { return }
        let time = Date(milliseconds: list.now)
        tellLate(list.items.filter { Self.lateness($0, time) > Self.patience }, time, workers)
        tellPaused(list.items.filter { !$0.paused.isEmpty }, time)
        try await tellForgotten(list.items, time, workers)
        try await tellSkipped(list.items.filter { CronLine($0.last)?.outcome == CronLine.skipped })
    }

    private static func lateness(_ item: CronList.Item, _ time: Date) -> Duration {
        item.next.map { Date(milliseconds: $0).age(at: time) } ?? .zero
    }

    /// Adds one finding for all late entries, since they usually have the same cause.
    private mutating func tellLate(_ late: [CronList.Item], _ time: Date, _ workers: DiagnoseWorkers.Reply) {
        guard let first = late.max(by: { Self.lateness($0, time) < Self.lateness($1, time) }) else { return }
        let age = HumanText.age(Date(milliseconds: first.next ?? 0), at: time)
        let tick =
            late.count == 1
            ? "the tick of cron entry \(first.name) that was due \(age) has not fired"
            : "\(HumanText.number(late.count)) cron entries have ticks that have not fired, such as \(first.name), due \(age)"
        let isServed = workers.live > 0
        part.add(
            .problem, "queue.cron_late",
            tick
                + (isServed
                    ? ", in spite of \(HumanText.count(workers.live, "live worker"))" : ", and no worker of the queue lives"),
            cure: isServed
                ? "see the logs of the workers of \(queue), which say why an entry cannot be fired"
                : "start the program that serves it, or " + worker)
    }

    private mutating func tellPaused(_ paused: [CronList.Item], _ time: Date) {
        for item in paused.prefix(Self.mostAlike) {
            let words = item.paused.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let since = words.first.flatMap { Int($0) }.map { HumanText.age(Date(milliseconds: $0), at: time) }
            let reason = words.count > 1 && !words[1].isEmpty ? ": \(words[1])" : ""
            part.add(
                .notice, "queue.cron_paused", "cron entry \(item.name) was paused \(since ?? "")\(reason)",
                cure: cures.tool("cron", "resume", item.name, "--queue", queue.text))
        }
        if paused.count > Self.mostAlike {
            part.unseen.append("\(paused.count - Self.mostAlike) more cron entries that are paused")
        }
    }

    /// Reports obsolete entries: they have no further tick, or their code is gone.
    private mutating func tellForgotten(
        _ items: [CronList.Item], _ time: Date, _ workers: DiagnoseWorkers.Reply
    ) async throws(SluiceError) {
        var declared: Set<String> = []
        if items.contains(where: \.isOfCode) { declared = CronNames.declared(by: try await store.call(ListWorkers(), on: queue)) }
        var listed = 0
        // A removed entry that a worker declares would come back, with its run count at 0.
        for item in items where !declared.contains(item.name) {
            // Without a live worker, no declaration is visible.
            let isOrphan = item.isOfCode && workers.live > 0
            let finished = item.finished.map { Date(milliseconds: $0) }
            let isOver = finished.map { $0.age(at: time) >= Self.memory } ?? false && (!item.isOfCode || isOrphan)
            guard isOver || (isOrphan && finished == nil) else { continue }
            listed += 1
            if listed > Self.mostAlike { continue }
            let remove = cures.tool("cron", "remove", item.name, "--queue", queue.text)
            if let finished, isOver {
                part.add(
                    .notice, "queue.cron_finished",
                    "cron entry \(item.name) had its last tick \(HumanText.age(finished, at: time)), after "
                        + "\(HumanText.count(item.runs, "run")), and is kept", cure: remove)
            } else {
                part.add(
                    .notice, "queue.cron_undeclared",
                    "cron entry \(item.name) was declared by code that no live worker runs, and goes on",
                    cure: remove + ", unless that code comes back")
            }
        }
        if listed > Self.mostAlike { part.unseen.append("\(listed - Self.mostAlike) more cron entries that no worker declares") }
    }

    private mutating func tellSkipped(_ items: [CronList.Item]) async throws(SluiceError) {
        for item in items.prefix(Self.mostAlike) {
            let lines = try await store.call(CronHistory(item.name), on: queue).compactMap { CronLine($0) }
            let ticks = lines.filter { $0.outcome != CronLine.byHand }
            guard let newest = ticks.first else { continue }
            let count = ticks.prefix { $0.outcome == CronLine.skipped && $0.job == newest.job }.count
            guard count >= Self.manySkipped, let (id, state) = try await obstacle(newest) else { continue }
            part.add(
                .notice, "queue.cron_skipped",
                "the last \(count) ticks of cron entry \(item.name) were skipped, since \(id) has not ended: it is \(state.rawValue)",
                cure: cures.tool("jobs", "cancel", "--queue", queue.text, id.text) + " makes room; what it is about: "
                    + cures.tool("jobs", "explain", "--queue", queue.text, id.text))
        }
        if items.count > Self.mostAlike {
            part.unseen.append("why ticks of \(items.count - Self.mostAlike) more cron entries were skipped")
        }
    }

    /// The job that blocks the ticks, in its present state; if it waits for another job, that job. Nil if it has ended.
    private func obstacle(_ line: CronLine) async throws(SluiceError) -> (id: JobID, state: JobState)? {
        guard let id = line.job.map(JobID.init(known:)), let found = try await standing(id) else { return nil }
        // The job that it waited for has ended.
        if line.state == JobState.suspended.rawValue, found.state != .suspended { return nil }
        if found.state == .suspended, let parent = found.parent, let before = try await standing(parent) {
            return (parent, before.state)
        }
        return (id, found.state)
    }

    private func standing(_ id: JobID) async throws(SluiceError) -> (state: JobState, parent: JobID?)? {
        guard let reply = try await store.call(FindJob(id), on: queue), let job = JobDetails(queue, reply: reply, keys: nil)
        else {
            return nil
        }
        return job.state.isEnded ? nil : (job.state, job.links.parent?.id)
    }
}
