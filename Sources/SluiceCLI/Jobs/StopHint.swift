import Foundation
import SluiceCore
import SluiceInspector

/// When a run that was asked to stop ends, for people. A worker that is dead does not answer.
struct StopHint {
    /// The most jobs that are looked at: each costs a call.
    static let most = 100

    var worker: WorkerID
    /// The rest of the worker's lease; nil if that is unknown.
    var lease: Duration?
    /// Whether another worker of the queue lives.
    var hasOthers: Bool

    /// Looks at a run; nil if the job does not run any more.
    /// - Parameter workers: those of the queue.
    init?(_ explanation: Explanation?, _ workers: [WorkerStatus]) {
        var found: WorkerID?
        for case .executing(let worker, _, _, _) in explanation?.reasons ?? [] { found = worker }
        guard let found else { return nil }
        self.init(
            worker: found, lease: workers.first { $0.worker == found }?.lease,
            hasOthers: workers.contains { $0.worker != found && $0.lease > .zero })
    }

    init(worker: WorkerID, lease: Duration?, hasOthers: Bool) {
        (self.worker, self.lease, self.hasOthers) = (worker, lease, hasOthers)
    }

    /// One line.
    var text: String {
        let next = hasOthers ? "a worker of the queue calls" : "a worker of the queue calls, and none lives: start one"
        if let lease, lease > .zero {
            let rest = HumanText.duration(lease)
            return "its worker \(worker) was asked to stop; if that is dead, the job ends once its lease is over, in \(rest), "
                + "and \(next)"
        }
        let since = lease.map { ", since its lease ended \(HumanText.duration(.zero - $0)) ago" } ?? ""
        return "its worker \(worker) is dead\(since): the job ends when that comes back, or when \(next)"
    }
}
