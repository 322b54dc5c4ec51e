import SluiceCore
import SluiceInspector

func report(on queue: QueueName, with inspector: Inspector) async throws {
    let status = try await inspector.status(of: queue)
    print("\(status.available) available, \(status.executing) running, \(status.totals["completed", default: 0]) ever completed")
    for gate in try await inspector.limits(of: queue).gates {
        print("\(gate.gate): \(gate.running) of \(gate.concurrency.map(String.init) ?? "any number")")
    }
}

func whyItWaits(_ id: JobID, in queue: QueueName, with inspector: Inspector) async throws -> String {
    guard let job = try await inspector.job(id, in: queue) else { return "there is no such job" }
    if let failure = job.failures.last { print("its last failure: \(failure.message)") }
    return try await inspector.explain(id, in: queue)?.description ?? "it is gone"
}

func secondChance(for kind: String, in queue: QueueName, with inspector: Inspector) async throws -> Int {
    try await inspector.change(.retry, where: BulkFilter(states: [.discarded], kind: kind), in: queue).changed
}
