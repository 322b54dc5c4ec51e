import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// A dashboard over a namespace of its own, in which a test plays the worker. The fixtures differ in how they ask the dashboard.
protocol DashboardFixture: Sendable {
    var web: WebFixture { get }
}

extension DashboardFixture {
    var queues: TestNamespace { web.queues }
    var client: SluiceClient { web.client }
    var inspector: Inspector { web.inspector }
    var dashboard: Dashboard { web.dashboard }
    var store: Store { web.queues.store }
    /// The same in all namespaces.
    var worker: WorkerID { player }

    // MARK: Seeds

    /// Enqueues jobs of a kind.
    func enqueue(
        _ ids: [String], in queue: QueueName = "mail", kind: String = "email", arguments: String = "{}",
        partitions: Partitions = [:], needs: [Dependency] = [], _ change: (inout JobRequest) throws -> Void = { _ in }
    ) async throws {
        let requests = try ids.map { id in
            var request = try JobRequest(kind: kind, queue: queue, arguments: arguments)
            request.id = JobID(known: id)
            request.partitions = partitions
            request.needs = needs
            try change(&request)
            return request
        }
        #expect(try await client.enqueue(requests).added == ids.count)
    }

    /// Makes a worker known.
    func join(
        _ worker: WorkerID? = nil, in queue: QueueName = "mail", lease: Duration = .seconds(7200),
        info: String = #"{"host":"host","pid":7,"concurrency":4,"kinds":["email"]}"#
    ) async throws {
        try await store.register(queue)
        _ = try await store.call(
            Resync(worker: worker ?? self.worker, session: 1, lease: lease, info: info, running: []), on: queue)
    }

    /// Claims jobs.
    @discardableResult
    func claim(_ count: Int, call: Int = 1, in queue: QueueName = "mail", _ settlements: [Settlement] = []) async throws
        -> [ClaimedJob]
    {
        let cycle = Cycle(
            worker: worker, session: 1, call: call, demand: count, idle: .seconds(10), settlements: settlements)
        return try await store.call(cycle, on: queue).jobs
    }
}

private let player = WorkerID(host: "host", process: 7)
