import ScenarioSupport
import Sluice

extension Evidence {
    /// Nodes against the nodes that they come after.
    var workflows: Verdict {
        var found: [String] = []
        for job in plan.jobs where job.kind == .node {
            let arrivals = history.own[job.id, default: []].count { $0.from == nil }
            if job.isQueued, arrivals != 1 { found.append("\(job.id) came to its queue \(arrivals) times") }
            guard let first = history.runs(of: job.id).first else { continue }
            if !job.isQueued { found.append("\(job.id) ran, after one that failed") }
            for dependency in job.after {
                // Ends are told to the end of their ms, and start is known to the microsecond.
                guard let end = history.endings(of: dependency).first?.time, end - 999 <= first.claimed else {
                    found.append("\(job.id) started before \(dependency) had ended")
                    continue
                }
            }
        }
        for flow in plan.flows where results[flow.id] != flow.result {
            found.append(
                "\(flow.id) returned \(results[flow.id].map(String.init) ?? "nothing"), not \(flow.result.map(String.init) ?? "nothing")"
            )
        }
        if totals["snoozed", default: 0] > 0 { found.append("jobs were snoozed: something polls") }
        let cut = plan.flows.count { $0.result == nil }
        return Verdict(found, "\(plan.flows.count) workflows, \(cut) of them cut short by a cancelled node")
    }

    /// Members of chunks, above all of one whose worker was killed in the middle.
    var chunks: Verdict {
        var found: [String] = []
        var names: Set<String> = []
        var cut: Set<String> = []
        let killed = Dictionary(
            events.blows.filter { $0.kind == .killed }.map { ($0.process, $0.time) }, uniquingKeysWith: { first, _ in first })
        for line in history.lines where line.verb == .chunk {
            names.insert(line.note)
            guard killed[line.process] != nil,
                let run = history.runs(of: line.id).first(where: { $0.claimed == line.fence }), run.ended == nil
            else { continue }
            cut.insert(line.id)
            let again = history.runs(of: line.id).contains { $0.claimed > line.fence }
            if run.left == nil || !again { found.append("\(line.id) did not come back from a chunk whose worker died") }
        }
        for job in plan.jobs where job.kind == .item {
            if finals[job.id] != job.end || history.endings(of: job.id).count != 1 {
                found.append("\(job.id) is \(finals[job.id]?.rawValue ?? "not there"), planned as \(job.end.rawValue)")
            }
        }
        if cut.isEmpty, found.isEmpty { return .unknown("no worker died in the middle of a chunk") }
        return Verdict(found, "\(names.count) chunks, \(cut.count) members back from a dead worker")
    }
}
