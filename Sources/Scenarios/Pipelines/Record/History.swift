import Foundation
import ScenarioSupport
import Sluice
import SluiceInspector

/// Who ran when, put together from what the workers wrote and what Redis told. All times are in microseconds since 1970: server
/// and workers of one machine have one clock.
struct History: Sendable {
    /// From its claim, which the fence tells, on.
    struct Run: Sendable {
        var id: String
        var process: Int32
        var attempt: Int
        var claimed: Int
        /// When its handler had ended, if it told.
        var ended: Int?
        /// When the job was taken from it, or it gave the job back.
        var left: Int?

        /// When it held a place no longer: a run that was cut off holds it until Redis takes the job back.
        var released: Int { min(ended ?? .max, left ?? .max) }
    }

    /// Jobs that went together from one state to another.
    struct Move: Sendable {
        var time: Int
        var queue: QueueName
        var from: JobState?
        var to: JobState?
        var ids: [String]
    }

    private(set) var runs: [Run] = []
    private var runsByJob: [String: [Run]] = [:]
    /// In order of their times.
    private(set) var moves: [Move] = []
    /// By job.
    private(set) var own: [String: [Move]] = [:]
    let lines: [RunLine]

    init(lines: [RunLine], transitions: [Transition]) {
        self.lines = lines
        // Times are told in ms: the end of the ms, so that nothing seems to end too early.
        for transition in transitions {
            let time = Int((transition.at.timeIntervalSince1970 * 1000).rounded()) * 1000 + 999
            moves.append(
                Move(
                    time: time, queue: transition.queue, from: transition.from, to: transition.to, ids: transition.ids.map(\.text)
                ))
        }
        var fences: [String: [Int]] = [:]
        for line in lines where line.verb == .start { fences[line.id, default: []].append(line.fence) }
        let lost = losses(fences)
        var ends: [String: Int] = [:]
        for line in lines where line.verb == .end { ends["\(line.id) \(line.fence)"] = line.time }
        for line in lines where line.verb == .start {
            runs.append(
                Run(
                    id: line.id, process: line.process, attempt: line.attempt, claimed: line.fence,
                    ended: ends["\(line.id) \(line.fence)"], left: lost[line.id]?.first { $0 >= line.fence }))
        }
        runs.sort { $0.claimed < $1.claimed }
        runsByJob = Dictionary(grouping: runs, by: \.id)
        moves.sort { $0.time < $1.time }
        for move in moves {
            for id in move.ids { own[id, default: []].append(move) }
        }
    }

    /// When jobs left `executing` for anything but `completed`, by job. A call takes back first and claims then, and its entries
    /// are younger than its claims: what follows in the same call ends at the claim's fence at the latest.
    private func losses(_ fences: [String: [Int]]) -> [String: [Int]] {
        var losses: [String: [Int]] = [:]
        var lately: [QueueName: [String]] = [:]
        for move in moves {
            if move.from == .executing, move.to != .completed {
                for id in move.ids { losses[id, default: []].append(move.time) }
                lately[move.queue, default: []] += move.ids
            } else if move.to == .executing {
                let claimed = move.ids.compactMap { fences[$0]?.filter { $0 <= move.time }.max() }.max()
                guard let claimed else { continue }
                for id in lately[move.queue] ?? [] {
                    if let last = losses[id]?.popLast() { losses[id]?.append(min(last, claimed - 1)) }
                }
                lately[move.queue] = []
            }
        }
        return losses
    }

    /// The runs of a job, in the order of their claims.
    func runs(of id: String) -> [Run] { runsByJob[id] ?? [] }

    /// When a job went into an ended state.
    func endings(of id: String) -> [Move] { own[id, default: []].filter { $0.to?.isEnded ?? false } }

    /// When which jobs of a queue were claimed, whether their handlers began or not. What was told of a claim was written a little
    /// after it, on a busy machine more than a little: the fences tell the time, of all that one call has claimed.
    func claims(in queue: QueueName) -> [(time: Int, ids: [String])] {
        let claims = moves.filter { $0.to == .executing && $0.queue == queue }
        return claims.map { claim -> (time: Int, ids: [String]) in
            let fences = claim.ids.compactMap { id -> Int? in
                // An older one is of an earlier claim, and the handler of this one never began.
                let since = (own[id] ?? []).last { $0.to == .available && $0.time <= claim.time }?.time ?? 0
                return runs(of: id).last { $0.claimed <= claim.time && $0.claimed > since - 1000 }?.claimed
            }
            return (fences.max() ?? claim.time, claim.ids)
        }.sorted { $0.time < $1.time }
    }

    /// The claims after which more ran at once than the limit allowed then, told as text.
    static func excesses(of runs: [Run], over limit: LimitHistory, what: String) -> [String] {
        var changes: [Int: Int] = [:]
        for run in runs {
            changes[run.claimed, default: 0] += 1
            if run.released < .max { changes[max(run.released, run.claimed + 1), default: 0] -= 1 }
        }
        let starts = Set(runs.map(\.claimed))
        var running = 0
        var found: [String] = []
        for (time, change) in changes.sorted(by: { $0.key < $1.key }) {
            running += change
            if starts.contains(time), running > limit.most(at: time) {
                found.append("\(running) of \(what) at once, \(limit.most(at: time)) allowed")
            }
        }
        return found
    }
}
