import ScenarioSupport
import Synchronization

/// What the upstream knows: its accounts' slots, their tasks, and who has asked what.
final class UpstreamBook: Sendable {
    enum Submission: Sendable {
        /// With whether it is new.
        case task(UpstreamTask, isNew: Bool)
        /// All slots are taken, and enough wait.
        case busy
        /// The task that the action is for is not done.
        case refused
    }

    private struct State {
        var tasks: [String: UpstreamTask] = [:]
        var tokens: [String: String] = [:]
        /// When each slot of an account is free.
        var slots: [Account: [Int]] = [:]
        var polls = 0
        var calls = 0
        var refusals = 0
        var busy = 0
    }

    private let slots: Int
    private let state = Mutex(State())
    /// The longest that a task waits for a slot.
    private static let queue = 4_000_000

    init(slots: Int) { self.slots = slots }

    var tasks: [UpstreamTask] { state.withLock { Array($0.tasks.values) } }
    /// Calls that asked for tasks.
    var polls: Int { state.withLock(\.polls) }
    /// Actions on what was not done.
    var refusals: Int { state.withLock(\.refusals) }
    var busy: Int { state.withLock(\.busy) }

    func submit(_ message: Messages.Submit, to account: Account) -> Submission {
        let now = RunLine.now()
        return state.withLock { state in
            if let known = state.tokens[message.token].flatMap({ state.tasks[$0] }) { return .task(known, isNew: false) }
            if let parent = message.parent, state.tasks[parent]?.status(at: now)?.status != .success {
                state.refusals += 1
                return .refused
            }
            var free = state.slots[account] ?? Array(repeating: 0, count: slots)
            let slot = free.indices.min { free[$0] < free[$1] } ?? 0
            let starts = max(now, free[slot])
            if starts - now > Self.queue {
                state.busy += 1
                return .busy
            }
            let order = Order(number: message.order)
            let task = UpstreamTask(
                id: "\(account.name).\(state.tasks.count)", account: account, order: order, reference: message.reference,
                isAction: message.parent != nil, submitted: now, starts: starts,
                ends: starts + Self.length(order, account, isAction: message.parent != nil))
            free[slot] = task.ends
            state.slots[account] = free
            state.tasks[task.id] = task
            state.tokens[message.token] = task.id
            return .task(task, isNew: true)
        }
    }

    /// A silent account takes about four seconds, others from half a second to one and a half, actions less.
    private static func length(_ order: Order, _ account: Account, isAction: Bool) -> Int {
        if isAction { return 200_000 + Int(order.draw * 200_000) }
        return account.isSilent ? 3_700_000 + Int(order.draw * 600_000) : 500_000 + Int(order.draw * 1_000_000)
    }

    /// Tells of tasks, but for those that it does not know any more.
    func poll(_ ids: [String]) -> [Messages.Status] {
        let now = RunLine.now()
        return state.withLock { state in
            state.polls += 1
            return ids.compactMap { id in
                guard var task = state.tasks[id] else { return nil }
                task.looks += 1
                if now >= task.ends { task.found = task.found ?? now }
                state.tasks[id] = task
                return task.status(at: now)
            }
        }
    }
}
