/// The promises that are checked, by the numbers that tests and documents name.
enum Promise: Int, Sendable, CaseIterable {
    case liveHolders = 1, workConserving, limitsHold, sameEnds, fencing, takeOver, ratesHold, workflows, chunks, observers,
        revisions,
        changes

    var name: String { "O\(rawValue)" }

    var text: String {
        switch self {
        case .liveHolders: "occupancy comes from live holders only: audits amid the faults are clean, and no place is left over"
        case .workConserving: "whatever could run is started: nothing waits with room at all its limits"
        case .limitsHold: "limits hold at every instant, for plain jobs, nodes, chunks and chains alike"
        case .sameEnds: "every job ends as planned, once, and all cells end alike"
        case .fencing: "a run that was overtaken changes nothing"
        case .takeOver: "jobs of dead and frozen workers run again, at their old place, within a lease and a cycle"
        case .ratesHold: "rates hold in every window, over all workers and a restart of Redis"
        case .workflows: "a node starts once, after all that it comes after, and sees their outputs; nothing polls"
        case .chunks: "each member of a chunk ends in one state of its own; a worker's death brings all of them back"
        case .observers: "observers in workers hear of each outcome that is stored, once"
        case .revisions: "limits and rates hold while a newer library takes the place of the workers' own"
        case .changes: "a pause, a resume and a changed limit hold from the next claim on"
        }
    }
}
