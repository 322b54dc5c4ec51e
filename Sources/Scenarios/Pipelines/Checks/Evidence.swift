import ScenarioSupport
import Sluice

/// All that is known of a cell when it is over.
struct Evidence: Sendable {
    var cell: Cell
    var scale: Scale
    var plan: Plan
    var history: History
    var events: CellEvents
    /// The state of each job and node, as Redis has it.
    var finals: [String: JobState]
    /// What the last nodes of workflows returned.
    var results: [String: Int]
    /// Counters of both queues together.
    var totals: [String: Int]
    /// What the audit at the end found, and places that are still taken.
    var remains: [String]
    /// The library's revision at the end, and the one that workers brought.
    var revisions: (found: Int, own: Int)
    /// Changes that were not told, or told out of order.
    var gaps: Int

    /// Jobs by id.
    let planned: [String: PlannedJob]

    /// Runs of jobs that the limits of the queue `work` are for.
    var work: [History.Run] { history.runs.filter { planned[$0.id]?.queue == "work" } }

    func verdict(on promise: Promise) -> Verdict {
        if gaps > 0 { return .unknown("\(gaps) changes were told out of order: the record is not whole") }
        if events.stalled, !Self.afterStall.contains(promise) { return .unknown("the cell had stopped before") }
        switch promise {
        case .liveHolders: return liveHolders
        case .workConserving: return ConservationScan(self).verdict
        case .limitsHold: return limitsHold
        case .sameEnds: return sameEnds
        case .fencing: return fencing
        case .takeOver: return takeOver
        case .ratesHold: return ratesHold
        case .workflows: return workflows
        case .chunks: return chunks
        case .observers: return observers
        case .revisions: return newLibrary
        case .changes: return changes
        }
    }

    /// What can be told of a cell that came to a halt.
    private static let afterStall: Set<Promise> = [.liveHolders, .workConserving, .limitsHold, .sameEnds, .ratesHold]

    /// Occupancy at the end, and what audits found on the way, while workers were dead or frozen.
    private var liveHolders: Verdict {
        Verdict(events.violations + remains, "\(events.audits) audits amid the faults and one at the end")
    }

    private var newLibrary: Verdict {
        guard let time = events.newLibrary else { return .unknown("no newer library was loaded") }
        let before = history.runs.count { $0.claimed < time }
        let after = history.runs.count - before
        if before == 0 || after == 0 { return .unknown("nothing ran before or after") }
        var found = revisions.found > revisions.own ? [] : ["the newer revision did not stay"]
        for verdict in [limitsHold, ratesHold] {
            if case .broken(let what) = verdict { found += what }
        }
        return Verdict(found, "\(before) runs before, \(after) after, with workers of one version")
    }

    private var changes: Verdict {
        guard !events.pauses.isEmpty, events.heldByPause > 0 else { return .unknown("nothing waited in the pause") }
        guard let lowered = events.lowered else { return .unknown("no limit was changed") }
        var found: [String] = []
        for run in work where events.pauses.contains(where: { $0.contains(run.claimed) }) {
            found.append("\(run.id) was claimed in a pause")
        }
        let low = work.filter { events.concurrency.most(at: $0.claimed) == lowered }
        if low.isEmpty { return .unknown("nothing was claimed while the limit was lower") }
        found += History.excesses(of: work, over: events.concurrency, what: "the queue")
        return Verdict(found, "\(events.heldByPause) waited in the pause, \(low.count) were claimed under a limit of \(lowered)")
    }
}
