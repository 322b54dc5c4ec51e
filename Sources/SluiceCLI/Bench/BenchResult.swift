import SluiceInspector

/// The measured figures; figures that were not measured are nil.
struct BenchResult: Encodable {
    var jobs: Int
    var payloadBytes: Int
    var concurrency: Int
    var processes: Int
    /// Values of each dimension, where jobs have partitions.
    var partitions: Int?
    /// Places at each value, dimension by dimension.
    var limits: [Int]?
    var enqueuePerSecond: Double?
    var redisMicrosecondsEnqueue: Double?
    var bulkPerSecond: Double?
    var redisMicrosecondsBulk: Double?
    var bytesPerJob: Double?
    var purgePerSecond: Double?
    var besidePurge: Spread?
    var drainPerSecond: Double?
    var redisMicrosecondsDrain: Double?
    var commandsPerJob: Double?
    var workerMicroseconds: Double?
    var latencyP50: Double?
    var latencyP99: Double?
    var floorPerSecond: Double?
    var floorMicroseconds: Double?
    var stepP50: Double?
    var stepP99: Double?
    var diamondEnqueuePerSecond: Double?
    var diamondNodesPerSecond: Double?
    var redisMicrosecondsNode: Double?
    var membersPerSecond: Double?
    var redisMicrosecondsMember: Double?
    var redisMicrosecondsPlain: Double?
    var redisMicrosecondsUniqueEnqueue: Double?
    var redisMicrosecondsPlainEnqueue: Double?
    var bytesPerUnique: Double?
    var webhooksPerSecond: Double?
    var redisMicrosecondsWebhook: Double?
    var hotLanes: Int?
    var hotCycle: Spread?
    var hotMicrosecondsPerJob: Double?
    var freeCycle: Spread?
    var freeMicrosecondsPerJob: Double?
    var parkingCycle: Spread?
    var polling: [Polling]?
    var memory: [Memory]?

    enum CodingKeys: String, CodingKey {
        case jobs
        case payloadBytes = "payload_bytes"
        case concurrency
        case processes
        case partitions
        case limits
        case enqueuePerSecond = "enqueue_per_s"
        case redisMicrosecondsEnqueue = "redis_us_enqueue"
        case bulkPerSecond = "bulk_per_s"
        case redisMicrosecondsBulk = "redis_us_bulk"
        case bytesPerJob = "bytes_per_job"
        case purgePerSecond = "purge_per_s"
        case besidePurge = "beside_purge_ms"
        case drainPerSecond = "drain_per_s"
        case redisMicrosecondsDrain = "redis_us_drain"
        case commandsPerJob = "commands_per_job"
        case workerMicroseconds = "worker_us_drain"
        case latencyP50 = "latency_p50_ms"
        case latencyP99 = "latency_p99_ms"
        case floorPerSecond = "floor_per_s"
        case floorMicroseconds = "floor_us"
        case stepP50 = "step_p50_ms"
        case stepP99 = "step_p99_ms"
        case diamondEnqueuePerSecond = "diamond_enqueue_per_s"
        case diamondNodesPerSecond = "diamond_nodes_per_s"
        case redisMicrosecondsNode = "redis_us_node"
        case membersPerSecond = "members_per_s"
        case redisMicrosecondsMember = "redis_us_member"
        case redisMicrosecondsPlain = "redis_us_plain"
        case redisMicrosecondsUniqueEnqueue = "redis_us_unique_enqueue"
        case redisMicrosecondsPlainEnqueue = "redis_us_plain_enqueue"
        case bytesPerUnique = "bytes_per_unique"
        case webhooksPerSecond = "webhooks_per_s"
        case redisMicrosecondsWebhook = "redis_us_webhook"
        case hotLanes = "hot_lanes"
        case hotCycle = "hot_cycle_us"
        case hotMicrosecondsPerJob = "hot_us_per_job"
        case freeCycle = "free_cycle_us"
        case freeMicrosecondsPerJob = "free_us_per_job"
        case parkingCycle = "parking_cycle_us"
        case polling
        case memory
    }

    /// Lines for people: what, figure, unit.
    var rows: [(what: String, figure: Double, unit: String, digits: Int)] {
        let all: [(String, Double?, String, Int)] = [
            ("enqueue, one by one, \(BenchModes.producers) at a time", enqueuePerSecond, "jobs/s", 0),
            ("  Redis CPU", redisMicrosecondsEnqueue, "µs/job", 2),
            ("enqueue in bulk", bulkPerSecond, "jobs/s", 0),
            ("  Redis CPU", redisMicrosecondsBulk, "µs/job", 2),
            ("  memory of a waiting job", bytesPerJob, "bytes", 0),
            ("purge, a step at a time", purgePerSecond, "jobs/s", 0),
            ("  an enqueue beside it, median", besidePurge?.median, "ms", 3),
            ("  99th percentile", besidePurge?.p99, "ms", 3),
            ("  longest", besidePurge?.longest, "ms", 3),
            (drainTitle, drainPerSecond, "jobs/s", 0),
            ("  Redis CPU", redisMicrosecondsDrain, "µs/job", 2),
            ("  commands, those inside functions included", commandsPerJob, "per job", 2),
            ("  worker CPU", workerMicroseconds, "µs/job", 2),
            ("idle: enqueue to start of the handler, median", latencyP50, "ms", 3),
            ("  99th percentile", latencyP99, "ms", 3),
            ("workflow: end of a parent to start of its child, median", stepP50, "ms", 3),
            ("  99th percentile", stepP99, "ms", 3),
            ("  diamonds of \(BenchModes.nodes) nodes, enqueued", diamondEnqueuePerSecond, "nodes/s", 0),
            ("  diamonds, run", diamondNodesPerSecond, "nodes/s", 0),
            ("    Redis CPU", redisMicrosecondsNode, "µs/node", 2),
            ("batch: members enqueued and run", membersPerSecond, "jobs/s", 0),
            ("  Redis CPU of a member", redisMicrosecondsMember, "µs/job", 2),
            ("  Redis CPU of a plain job, likewise", redisMicrosecondsPlain, "µs/job", 2),
            ("unique jobs enqueued in bulk, Redis CPU", redisMicrosecondsUniqueEnqueue, "µs/job", 2),
            ("  plain ones, likewise", redisMicrosecondsPlainEnqueue, "µs/job", 2),
            ("  memory of being unique, of a live job", bytesPerUnique, "bytes", 0),
            ("web hooks told, to a local receiver", webhooksPerSecond, "told/s", 0),
            ("  Redis CPU", redisMicrosecondsWebhook, "µs/told", 2),
            ("a claim, \(HumanText.count(hotLanes ?? 0, "lane")) parked, median", hotCycle?.median, "µs", 0),
            ("  99th percentile", hotCycle?.p99, "µs", 0),
            ("  longest", hotCycle?.longest, "µs", 0),
            ("  a job, claim and settle", hotMicrosecondsPerJob, "µs/job", 2),
            ("  the longest of those that park", parkingCycle?.longest, "µs", 0),
            ("a claim, no lane parked, median", freeCycle?.median, "µs", 0),
            ("  99th percentile", freeCycle?.p99, "µs", 0),
            ("  longest", freeCycle?.longest, "µs", 0),
            ("  a job, claim and settle", freeMicrosecondsPerJob, "µs/job", 2),
            ("floor: LPUSH + LMOVE + LREM, 128 deep", floorPerSecond, "jobs/s", 0),
            ("  Redis CPU", floorMicroseconds, "µs/job", 2),
        ]
        return all.compactMap { what, figure, unit, digits in figure.map { (what, $0, unit, digits) } }
    }

    private var drainTitle: String {
        guard let partitions, let limits else { return "drain" }
        let places = limits.map { "\($0)" }.joined(separator: " and ")
        return "drain, \(HumanText.count(partitions, "partition")), \(places) at a time in each"
    }
}

extension BenchResult {
    /// The distribution of call durations.
    struct Spread: Encodable {
        var calls: Int
        var median: Double
        var p99: Double
        var longest: Double

        /// Fails if there are no samples.
        init?(_ samples: [Double]) {
            let sorted = samples.sorted()
            guard let longest = sorted.last else { return nil }
            calls = sorted.count
            median = sorted[sorted.count / 2]
            p99 = sorted[sorted.count * 99 / 100]
            self.longest = longest
        }
    }
}
