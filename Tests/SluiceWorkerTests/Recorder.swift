import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Synchronization
import TestSupport

/// Keeps what handlers and observers tell, in order.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    /// Counts them.
    let happened = Occurrences()

    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) {
        values.withLock { $0.append(value) }
        happened.add()
    }
}

extension TestNamespace {
    /// Enqueues a job whose spec no client would write.
    func broken(in queue: QueueName, spec: String) async throws -> JobID {
        let id = JobID(known: "b\(UInt64.random(in: .min ... .max))")
        let jobs = [NewJob(id: id, spec: Array(spec.utf8))]
        _ = try await store.call(Enqueue(producer: id.text, number: 1, jobs: jobs), on: queue)
        return id
    }
}
