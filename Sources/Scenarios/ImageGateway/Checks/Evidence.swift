import ScenarioSupport

/// All that is known of a run when it is over. Times are in microseconds since 1970: all processes of one machine have one clock.
struct Evidence: Sendable {
    /// What became of an order that was accepted.
    struct Job: Sendable {
        var order: Order
        var account: Account
        var accepted: Int
        /// Such as `completed`.
        var state: String
        var ended: Int?
        var error = ""
        var crashes = 0

        var isCompleted: Bool { state == "completed" }
        var hasEnded: Bool { ["completed", "cancelled", "discarded"].contains(state) }
    }

    var scale: Scale
    var asOriginal = false
    var jobs: [Job] = []
    /// How often each job came to an end; jobs that left one; actions by their ids, as they ended.
    var ends: [String: Int] = [:]
    var revived: [String] = []
    var actions: [String: String] = [:]
    /// What ended actions that did not complete.
    var actionErrors: [String: String] = [:]
    /// The upstream's books: its tasks, calls that asked for tasks, actions that it would not do.
    var tasks: [UpstreamTask] = []
    var polls = 0
    var refusals = 0
    /// What the upstream told by itself, and what came of it.
    var news = News.Count()
    var hints = Gateway.Hints()
    var hooks: [Client.Hook] = []
    var wishes: [Client.Wish] = []
    /// The result of an action on an unknown picture; whether a forged notification was refused.
    var unknownParent: String?
    var forgeryIsRefused = false
    var payments: [Bank.Payment] = []
    /// Notifications that the client never took: jobs that are kept, and what the metric counted.
    var deadHooks: Set<Int> = []
    var deadCounted = 0
    /// How often workers died, by where.
    var deaths: [String: Int] = [:]
    var killed = 0
    var left = 0
    var violations: [String] = []
    var audits = 0
    var elapsed = Duration.zero

    func verdict(on requirement: Requirement) -> Verdict {
        switch requirement {
        case .confirmed: confirmed
        case .onePredicate: onePredicate
        case .final: final
        case .deadline: deadline
        case .compensation: compensation
        case .hooks: hooksAreTold
        case .actions: actionsWait
        case .isolation: isolation
        case .polling: polling
        }
    }

    var tasksByReference: [String: [UpstreamTask]] { Dictionary(grouping: tasks, by: \.reference) }
}

extension Collection<Int> {
    /// The value at a share of the way from the least to the most; 0 of none.
    func quantile(_ share: Double) -> Int {
        let sorted = sorted()
        return sorted.isEmpty ? 0 : sorted[Swift.min(Int(Double(sorted.count) * share), sorted.count - 1)]
    }

    var mean: Double { isEmpty ? 0 : Double(reduce(0, +)) / Double(count) }
}
