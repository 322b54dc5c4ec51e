import Metrics
import SluiceCore
import SluiceStore
import Synchronization

/// Sends batches of jobs of one queue, each as a numbered call of a producer, and repeats a call that was cut off.
///
/// A producer has one call in flight, and the number of its calls rises, so a repeated call changes nothing on the server.
/// What fails for good was refused; what fails with `outcomeUnknown` may have been added.
final class Sender: Sendable {
    /// One of the calls that may be in flight at the same time.
    struct Producer: Sendable {
        fileprivate let id: String
        fileprivate var calls = 0

        init() { id = "\(UInt64.random(in: .min ... .max))" }
    }

    private let store: Store
    private let queue: QueueName
    private let patience: Duration
    private let isRegistered = Mutex(false)
    private let enqueued: Counter

    init(store: Store, queue: QueueName, patience: Duration) {
        self.store = store
        self.queue = queue
        self.patience = patience
        self.enqueued = Counter(label: "sluice_jobs_enqueued_total", dimensions: [("queue", queue.text)])
    }

    /// Sends at most a call's worth of jobs. Returns the positions of those that were there already.
    func send(_ jobs: [NewJob], as producer: inout Producer) async throws(SluiceError) -> Set<Int> {
        producer.calls += 1
        let call = Enqueue(producer: producer.id, number: producer.calls, jobs: jobs)
        let existing = try await repeating { () async throws(SluiceError) in try await store.call(call, on: queue) }
        enqueued.increment(by: jobs.count - existing.count)
        try await register()
        return existing
    }

    /// Makes the queue known once; a failure is tried again with the next batch, since the jobs are in.
    private func register() async throws(SluiceError) {
        if isRegistered.withLock({ $0 }) { return }
        try await repeating { () async throws(SluiceError) in try await store.register(queue) }
        isRegistered.withLock { $0 = true }
    }

    private func repeating<Reply>(
        _ call: () async throws(SluiceError) -> Reply
    ) async throws(SluiceError) -> Reply {
        let end = ContinuousClock.now + patience
        var pause = Duration.milliseconds(20)
        while true {
            do {
                return try await call()
            } catch {
                guard error.isTransient, error.code != .outOfMemory, ContinuousClock.now + pause < end else { throw error }
                // A cancelled task does not wait any longer; it learns what the last try said.
                do { try await Task.sleep(for: pause * Double.random(in: 0.5...1)) } catch { break }
                pause = min(pause * 2, .seconds(1))
            }
        }
        return try await call()
    }
}
