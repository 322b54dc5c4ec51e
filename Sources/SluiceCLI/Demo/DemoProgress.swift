import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// The progress of the demo, and the work of each process.
struct DemoProgress: Sendable, Equatable {
    struct Worker: Sendable, Equatable {
        enum State: Sendable, Equatable {
            case starting, working, killed, ended
        }

        var number: Int
        /// The number of the worker that this one replaces.
        var replaces: Int?
        var process: Int32?
        var id: WorkerID?
        var state = State.starting
        /// The number of its runs whose outcomes Redis has.
        var recorded = 0
        /// The number of jobs that it held when it was killed.
        var held: Int?
    }

    struct Primary: Sendable, Equatable {
        /// `host:port`.
        var address: String
        /// From its end until the next outcome was recorded.
        var stall: Duration?
    }

    var total: Int
    /// The number of jobs that have ended.
    var ended = 0
    /// The number of jobs reclaimed from dead workers.
    var reclaimed = 0
    var perSecond: Double?
    /// Whether all jobs are done and their results are being compared.
    var isChecking = false
    var workers: [Worker] = []
    /// The primary that was killed, in a cluster.
    var primary: Primary?

    var killed: Worker? { workers.first { $0.state == .killed } }

    /// The lines for a terminal, redrawn in place.
    func lines(width: Int, style: Style) -> [String] {
        [bar(min(max(width - 50, 10), 40), style)] + workers.map { line($0, style) } + [style.paint(note ?? "", .dim)]
    }

    private func bar(_ width: Int, _ style: Style) -> String {
        let share = total > 0 ? Double(ended) / Double(total) : 1
        let done = Int(share * Double(width))
        let bar =
            style.paint(String(repeating: "━", count: done), .green)
            + style.paint(String(repeating: "─", count: width - done), .dim)
        let percent = pad("\(Int(share * 100))%", 4)
        let rate = perSecond.map { "  \(HumanText.number(Int($0))) jobs/s" } ?? ""
        return "  \(bar) \(percent)  \(HumanText.number(ended)) of \(HumanText.number(total))\(rate)"
    }

    private func line(_ worker: Worker, _ style: Style) -> String {
        let process = worker.process.map { "process \($0)" } ?? ""
        let count = pad(HumanText.number(worker.recorded), 7)
        return "  worker \(worker.number)  \(process.padded(to: 15))\(count) done  \(remark(worker, style))"
    }

    private func remark(_ worker: Worker, _ style: Style) -> String {
        switch worker.state {
        case .killed:
            style.paint("killed by SIGKILL" + (worker.held.map { " while it held \(HumanText.count($0, "job"))" } ?? ""), .red)
        case .starting: style.paint("starting", .dim)
        case .working, .ended: worker.replaces.map { style.paint("in place of worker \($0)", .cyan) } ?? ""
        }
    }

    /// Explains the present phase if it is not obvious.
    var note: String? {
        if isChecking { return "  comparing every digest with one computed here, and auditing the data in Redis" }
        if let primary, primary.stall == nil {
            return "  primary \(primary.address) of the cluster killed as well: its replica takes its place"
        }
        guard let killed, let held = killed.held else { return nil }
        if reclaimed > 0 { return "  \(HumanText.count(reclaimed, "job")) taken back from worker \(killed.number) and run again" }
        if ended + held >= total {
            return "  waiting for the lease of worker \(killed.number) to end: then its \(HumanText.count(held, "job")) run again"
        }
        return nil
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
