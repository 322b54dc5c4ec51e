import Foundation
import ScenarioSupport
import Synchronization

/// What the upstream tells of its tasks by itself: once each, unsigned, never again if it is not taken. Some of it is lost, comes
/// twice, too late, in the wrong order, or only in part.
final class News: Sendable {
    struct Count: Sendable {
        var sent = 0
        var lost = 0
        var repeated = 0
        var reordered = 0
        var torn = 0
        var late = 0
    }

    private struct State {
        var count = Count()
        var tellers: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isOpen = true
    }

    private let state = Mutex(State())
    /// When what is late comes.
    private static let delay = 1_500_000

    var count: Count { state.withLock(\.count) }

    /// Tells a hook of half of a task, and of its end.
    func tell(_ hook: String, of task: UpstreamTask) {
        state.withLock { state in
            guard state.isOpen else { return }
            let number = state.next
            state.next += 1
            state.tellers[number] = Task {
                for (time, asOf, isTorn) in moments(task) {
                    guard (try? await Self.wait(until: time)) != nil else { break }
                    await send(task, asOf: asOf, to: hook, isTorn: isTorn)
                }
                _ = self.state.withLock { $0.tellers.removeValue(forKey: number) }
            }
        }
    }

    /// Returns when there is nothing left to tell.
    func end() async {
        for teller in state.withLock({ Array($0.tellers.values) }) { await teller.value }
    }

    /// Tells nothing more.
    func close() async {
        let tellers = state.withLock { state in
            state.isOpen = false
            return Array(state.tellers.values)
        }
        for teller in tellers { teller.cancel() }
        for teller in tellers { await teller.value }
    }

    /// When what is told, as of when, and whether only half of it.
    private func moments(_ task: UpstreamTask) -> [(time: Int, asOf: Int, isTorn: Bool)] {
        let (half, end) = ((task.starts + task.ends) / 2, task.ends)
        let mishap = task.isAction ? Order.Mishap.none : task.order.mishap
        state.withLock { $0.count.count(mishap) }
        switch mishap {
        case .none: return [(half, half, false), (end, end, false)]
        case .lost: return [(half, half, false)]
        case .repeated: return [(half, half, false), (end, end, false), (end, end, false)]
        case .reordered: return [(end, end, false), (end + Self.delay / 5, half, false)]
        case .torn: return [(half, half, false), (end, end, true)]
        case .late: return [(half, half, false), (end, end, false), (end + Self.delay, end, false)]
        }
    }

    private static func wait(until time: Int) async throws {
        try await ContinuousClock().sleep(for: .microseconds(max(time - RunLine.now(), 0)))
    }

    private func send(_ task: UpstreamTask, asOf time: Int, to hook: String, isTorn: Bool) async {
        guard let status = task.status(at: time), let body = try? JSONEncoder().encode(status) else { return }
        state.withLock { $0.count.sent += 1 }
        _ = try? await Caller(timeout: .seconds(5)).post(hook, bytes: Array(isTorn ? body.prefix(body.count / 2) : body))
    }
}

extension News.Count {
    fileprivate mutating func count(_ mishap: Order.Mishap) {
        switch mishap {
        case .none: break
        case .lost: lost += 1
        case .repeated: repeated += 1
        case .reordered: reordered += 1
        case .torn: torn += 1
        case .late: late += 1
        }
    }
}
