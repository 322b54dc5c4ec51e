import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting

/// A job with a number.
struct Numbered: Job {
    static let kind = "numbered"
    static let options = JobOptions(queue: "work", priority: 4)
    var number = 0
    var padding = ""
    var partitions: Partitions { number < 0 ? ["account": "\(-number)"] : [:] }
}

/// A client in a namespace of its own, and what it has stored.
struct Producer {
    let queues: TestNamespace
    let client: SluiceClient
    let inspector: Inspector
    let queue: QueueName = "work"

    init(
        through url: String? = nil, on server: RedisTestServer? = nil, _ change: (inout SluiceClient.Options) -> Void = { _ in }
    ) async throws {
        if let server {
            queues = try await TestNamespace(on: server, clock: .server)
        } else {
            queues = try await TestNamespace()
        }
        var options = SluiceClient.Options()
        options.namespace = queues.namespace
        change(&options)
        client = try await SluiceClient(.url(url ?? queues.url), options: options)
        inspector = Inspector(queues.store)
    }

    func count(_ state: JobState) async throws -> Int { try await inspector.status(of: queue).states[state] ?? 0 }

    /// The numbers of the runnable jobs, in the order in which a worker gets them.
    func numbers(as name: UInt64 = 0) async throws -> [Int] {
        let worker = WorkerID(host: "host\(name)", process: 1)
        let resync = Resync(worker: worker, session: 1, lease: .seconds(7200), info: "{}", running: [])
        _ = try await queues.store.call(resync, on: queue)
        var numbers: [Int] = []
        for call in 1... {
            let cycle = Cycle(worker: worker, session: 1, call: call, demand: 1000, idle: .seconds(1), settlements: [])
            let jobs = try await queues.store.call(cycle, on: queue).jobs
            if jobs.isEmpty { break }
            for job in jobs {
                let text = String(decoding: try job.decodeSpec().arguments, as: UTF8.self)
                numbers += text.split(whereSeparator: { !$0.isNumber && $0 != "-" }).compactMap { Int($0) }.prefix(1)
            }
        }
        return numbers
    }
}
