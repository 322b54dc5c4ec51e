import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore

/// Measures the server's cost of a claim while lanes are parked. It drives a worker by hand, one call at a time, and reads the
/// server's own account of its time between two calls.
struct BenchHotGate {
    /// The most jobs that one call settles and claims, for a worker with that many places.
    static let largestBatch = 100
    /// The number of measured calls.
    static let calls = 1000

    /// The samples of one queue: each call in µs of server time.
    struct Samples {
        var parking: [Double] = []
        var cycles: [Double] = []
        var jobs = 0

        /// The mean for each job; nil if none was claimed.
        var perJob: Double? { jobs == 0 ? nil : cycles.reduce(0, +) / Double(jobs) }
    }

    let client: SluiceClient
    let queue: QueueName
    let payload: Int
    /// Jobs that a call settles and claims.
    let batch: Int
    /// The number of other jobs, beside those of the full gate.
    let others: Int
    /// The lanes and limits of those other jobs.
    let lanes: BenchLanes
    private let worker = WorkerID(host: "bench", process: ProcessInfo.processInfo.processIdentifier)

    init(_ client: SluiceClient, _ queue: QueueName, payload: Int, concurrency: Int, others: Int, lanes: BenchLanes) {
        self.client = client
        self.queue = queue
        self.payload = payload
        batch = min(concurrency, Self.largestBatch)
        self.others = min(others, batch * Self.calls)
        self.lanes = lanes
    }

    /// Fills a queue with jobs of `parked` lanes that share one place, and with other jobs; parks the lanes; then measures.
    func measure(parked: Int) async throws -> Samples {
        try await fill(parked: parked)
        let limits = [Limit.concurrency(1, partition: "hot")] + (try lanes.specs.map { try Limit(parsing: $0) })
        _ = try await client.store.call(Declare(deploy: 0, limits: limits), on: queue)
        _ = try await client.store.call(
            Resync(worker: worker, session: 1, lease: .seconds(600), info: "{}", running: []), on: queue)
        var samples = Samples()
        var driver = Driver(store: client.store, queue: queue, worker: worker, batch: batch)
        try await park(parked, &driver, &samples)
        let before = driver.claimed
        // Up to the last full batch.
        while samples.cycles.count < Self.calls, driver.claimed <= others - batch {
            guard let microseconds = try await driver.cycle() else { break }
            samples.cycles.append(microseconds)
        }
        samples.jobs = driver.claimed - before
        _ = try await driver.cycle()
        return samples
    }

    private func fill(parked: Int) async throws {
        let text = BenchJob.text(payload: payload)
        let hot = (0..<parked).lazy.map {
            BenchLaneJob(BenchJob(number: $0, text: text), ["hot": "1", "p": "hot-\($0)"])
        }
        try await client.enqueue(hot) { $0.queue = queue }
        let rest = (0..<others).lazy.map { BenchLaneJob(BenchJob(number: $0, text: text), lanes.values(of: $0)) }
        try await client.enqueue(rest) { $0.queue = queue }
    }

    /// Turns away all lanes but the one that holds the place. A call parks 200 lanes.
    private func park(_ parked: Int, _ driver: inout Driver, _ samples: inout Samples) async throws {
        for _ in 0..<(parked / 50) {
            let gates = try await client.store.call(Limits(gate: "hot=1"), on: queue).gates
            if let gate = gates.first, gate.lanes >= parked - 1 { break }
            samples.parking.append(try await driver.claim(1))
        }
    }

    /// Calls `cycle`, one call at a time.
    private struct Driver {
        let store: Store
        let queue: QueueName
        let worker: WorkerID
        let batch: Int
        private(set) var claimed = 0
        private(set) var calls = 0
        private var running: [Settlement] = []

        init(store: Store, queue: QueueName, worker: WorkerID, batch: Int) {
            self.batch = batch
            self.store = store
            self.queue = queue
            self.worker = worker
        }

        /// Settles the jobs of earlier calls and claims new ones. Returns the server's time; nil if there is nothing to do.
        mutating func cycle() async throws -> Double? {
            let settlements = running
            running = []
            let microseconds = try await call(demand: batch, settlements)
            return settlements.isEmpty && running.isEmpty ? nil : microseconds
        }

        /// Claims without settling, so that places stay held.
        mutating func claim(_ demand: Int) async throws -> Double { try await call(demand: demand, []) }

        private mutating func call(demand: Int, _ settlements: [Settlement]) async throws -> Double {
            calls += 1
            let before = try await Self.functionTime(store, queue)
            let reply = try await store.call(
                Cycle(worker: worker, session: 1, call: calls, demand: demand, idle: .seconds(10), settlements: settlements),
                on: queue)
            let after = try await Self.functionTime(store, queue)
            running += reply.jobs.map { Settlement(id: $0.id, fence: $0.fence, outcome: .completed(result: nil)) }
            claimed += reply.jobs.count
            return after - before
        }

        /// All time that functions took so far on the server of a queue, in µs.
        private static func functionTime(_ store: Store, _ queue: QueueName) async throws -> Double {
            let calls = try await store.info("commandstats", node: store.endpoint(of: queue))?["cmdstat_fcall"] ?? ""
            let field = calls.split(separator: ",").first { $0.hasPrefix("usec=") } ?? ""
            return Double(field.dropFirst("usec=".count)) ?? 0
        }
    }
}

extension BenchModes {
    /// The server's time for a claim with a number of lanes parked at one gate, and with none.
    func hotGate(_ parked: Int, _ result: inout BenchResult) async throws {
        let client = try await client()
        let lanes = lanes ?? BenchLanes(partitions: 1000, limits: [4])
        let free = try await BenchHotGate(
            client, "bench-free", payload: payload, concurrency: concurrency, others: jobs, lanes: lanes
        ).measure(parked: 0)
        let hot = try await BenchHotGate(
            client, "bench-hot", payload: payload, concurrency: concurrency, others: jobs, lanes: lanes
        ).measure(
            parked: parked)
        result.add("hot_cycle_us", samples: hot.cycles, "a claim, \(HumanText.count(parked, "lane")) parked", "µs", digits: 0)
        result.add("hot_us_per_job", hot.perJob, "  a job, claim and settle", "µs/job")
        result.add("parking_cycle_us", samples: hot.parking, "a claim that parks lanes", "µs", digits: 0)
        result.add("free_cycle_us", samples: free.cycles, "a claim, no lane parked", "µs", digits: 0)
        result.add("free_us_per_job", free.perJob, "  a job, claim and settle", "µs/job")
        await client.close()
    }
}
