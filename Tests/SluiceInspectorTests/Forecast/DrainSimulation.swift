import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting

/// One worker that runs jobs of half a second to one and a half in virtual time, and calls at the end of each.
struct DrainSimulation {
    private let queues: TestNamespace
    private let inspector: Inspector
    private let queue: QueueName = "mail"
    private let worker = WorkerID(host: "host", process: 7)
    private let places: Int
    private var random = SplitMix(seed: 11)
    /// Runs by the time of their end.
    private var runs: [(end: Int, id: JobID, fence: Fence)] = []
    private var calls = 0
    private var batches = 0
    private var jobs = 0
    /// The virtual time, in ms.
    private(set) var now = 0

    init(places: Int) async throws {
        self.places = places
        queues = try await TestNamespace()
        inspector = Inspector(queues.store)
        let resync = Resync(
            worker: worker, session: 1, lease: .seconds(86_400), info: #"{"host":"host","concurrency":\#(places)}"#, running: [])
        _ = try await queues.store.call(resync, on: queue)
    }

    /// Puts in jobs `j0`, `j1`, …
    mutating func enqueue(_ count: Int, partitions: Partitions = [:]) async throws {
        let spec = JobSpec(kind: "email", arguments: Array("{}".utf8), partitions: partitions).encoded()
        let lane = try partitions.lane()
        let new = (jobs..<jobs + count).map { NewJob(id: JobID(known: "j\($0)"), spec: spec, lane: lane) }
        (jobs, batches) = (jobs + count, batches + 1)
        _ = try await queues.store.call(Enqueue(producer: "p", number: batches, jobs: new), on: queue)
    }

    func declare(_ name: String, _ value: String) async throws {
        _ = try await queues.store.call(Declare(deploy: 1, limits: [Limit(name: name, value: value)]), on: queue)
    }

    func forecast() async throws -> Forecast { try await inspector.forecast(of: queue) }

    func forecast(of id: String) async throws -> JobForecast? { try await inspector.forecast(of: JobID(known: id), in: queue) }

    /// Runs for some ms.
    mutating func run(for ms: Int) async throws {
        let end = now + ms
        repeat { try await step(until: end) } while now < end
    }

    /// Runs until no job waits for a worker, and tells when that was.
    mutating func runUntilNoneWaits() async throws -> Int {
        for _ in 0..<100_000 {
            try await step(until: now + 1000)
            if try await inspector.status(of: queue).available == 0 { return now }
        }
        return now
    }

    /// Settles what has ended, fills free places, and goes on to the next end.
    private mutating func step(until end: Int) async throws {
        let over = runs.filter { $0.end <= now }
        runs.removeAll { $0.end <= now }
        calls += 1
        let cycle = Cycle(
            worker: worker, session: 1, call: calls, demand: places - runs.count, idle: .seconds(60),
            settlements: over.map { Settlement(id: $0.id, fence: $0.fence, outcome: .completed(result: nil)) })
        for job in try await queues.store.call(cycle, on: queue).jobs {
            runs.append((now + Int.random(in: 500...1500, using: &random), job.id, job.fence))
        }
        // Gates that open by themselves are looked at every tenth of a second.
        let next = min(runs.map(\.end).min() ?? .max, end, runs.count < places ? now + 100 : .max)
        try await queues.advance(by: .milliseconds(max(next, now + 1) - now))
        now = max(next, now + 1)
    }
}
