import Foundation
import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

/// An id that is known to be one.
func id(_ text: String) -> JobID { JobID(known: text) }

/// A namespace of its own on the shared server, with one queue seeded through the store, as a client and a worker would.
struct Fixture {
    let store: Store
    let inspector: Inspector
    let server: RedisTestServer
    let queue: QueueName = "mail"
    let worker = WorkerID(host: "host", process: 7)

    init() async throws {
        server = try await RedisTestServer.shared()
        let namespace = try Namespace("t\(UInt64.random(in: .min ... .max))")
        store = Store(try RedisConfiguration(url: server.url), namespace: namespace)
        inspector = Inspector(store)
    }

    func key(_ name: String) -> String { store.keys.base(queue) + ":" + name }

    func enqueue(
        _ ids: [String], kind: String = "email", arguments: String = #"{"to":"a@b.c"}"#, due: DueTime = .now,
        priority: Int = 5, partitions: Partitions = [:], needs: [Dependency] = []
    ) async throws {
        let spec = JobSpec(kind: kind, arguments: Array(arguments.utf8), maxAttempts: 3, partitions: partitions, needs: needs)
        let lane = try partitions.lane(needs: needs)
        let jobs = ids.map {
            NewJob(id: JobID(known: $0), spec: spec.encoded(), due: due, priority: priority, lane: lane)
        }
        try await store.register(queue)
        _ = try await store.call(
            Enqueue(producer: "p\(UInt64.random(in: .min ... .max))", number: 1, jobs: jobs), on: queue)
    }

    /// Makes the worker known.
    func join() async throws {
        _ = try await store.call(
            Resync(
                worker: worker, session: 1, lease: .seconds(7200), info: #"{"host":"host","concurrency":4}"#, running: []),
            on: queue)
    }

    /// Stops the clock of the queues, which `pass` moves from then on.
    func stopClock() async throws {
        try await server.setClock(of: store.keys.namespace, microseconds: try await store.now() * 1000)
    }

    func pass(milliseconds: Int) async throws {
        let now = try await server.clock(of: store.keys.namespace)
        try await server.setClock(of: store.keys.namespace, microseconds: now + milliseconds * 1000)
    }

    /// One cycle of the worker.
    @discardableResult
    func cycle(_ call: Int, demand: Int = 0, _ settlements: [Settlement] = []) async throws -> Cycle.Reply {
        try await store.call(
            Cycle(
                worker: worker, session: 1, call: call, demand: demand, idle: .seconds(10), settlements: settlements),
            on: queue)
    }
}
