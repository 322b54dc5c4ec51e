import Foundation
import Sluice
import SluiceCore
import Synchronization
import Testing

/// Tasks that enqueue one job after another, each under an id of its own that is kept until the call has succeeded, as a producer
/// does that wants no job twice.
final class SteadyProducers: Sendable {
    struct Job: Sendable {
        /// Before the last call, and after it, in microseconds since 1970.
        var called: Int
        var accepted: Int
        /// Whether the call asked for a replica's confirmation and got it.
        var isConfirmed: Bool
    }

    private struct State {
        var jobs: [String: Job] = [:]
        var refusals: [String: Int] = [:]
        var isStopped = false
    }

    private let state = Mutex(State())
    private let load: SpreadLoad
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// The time from one job of a task to the next.
    static let pace = Duration.milliseconds(60)

    /// Starts for each queue one that asks for a replica's confirmation, if there are any, and one that does not.
    init(_ load: SpreadLoad, isSafe: Bool = true) {
        self.load = load
        tasks.withLock { tasks in
            for queue in load.queues {
                for isSafe in isSafe ? [true, false] : [false] { tasks.append(Task { await self.produce(queue, isSafe) }) }
            }
        }
    }

    /// Jobs that were accepted, by id.
    var accepted: [String: Job] { state.withLock { $0.jobs } }
    /// How often calls failed, by code.
    var refusals: [String: Int] { state.withLock { $0.refusals } }

    /// Returns when the last call of each has succeeded.
    func stop() async {
        state.withLock { $0.isStopped = true }
        for task in tasks.withLock({ $0 }) { await task.value }
    }

    private func produce(_ queue: QueueName, _ isSafe: Bool) async {
        for number in 0... {
            if state.withLock({ $0.isStopped }) { return }
            let id = "\(queue)-\(isSafe ? "safe" : "plain")-\(number)"
            await enqueue(id, queue, isSafe)
            try? await Task.sleep(for: Self.pace)
        }
    }

    private func enqueue(_ id: String, _ queue: QueueName, _ isSafe: Bool) async {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let called = RunHistory.now()
            do throws(SluiceError) {
                var request = try JobRequest(kind: "load", queue: queue, arguments: "0")
                request.id = JobID(known: id)
                try await load.client.enqueue(request, durability: isSafe ? .replicas(1, within: .milliseconds(500)) : .primary)
                note(id, Job(called: called, accepted: RunHistory.now(), isConfirmed: isSafe))
                return
            } catch {
                state.withLock { $0.refusals[error.code.name, default: 0] += 1 }
                if error.code == .notConfirmed {
                    note(id, Job(called: called, accepted: RunHistory.now(), isConfirmed: false))
                    return
                }
                guard error.isTransient else {
                    Issue.record("\(id): \(error)")
                    return
                }
            }
        }
        Issue.record("\(id) was not taken within a minute")
    }

    private func note(_ id: String, _ job: Job) { state.withLock { $0.jobs[id] = job } }
}
