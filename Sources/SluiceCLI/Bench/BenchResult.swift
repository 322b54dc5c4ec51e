/// What was measured; what was not is absent.
struct BenchResult: Encodable {
    var jobs: Int
    var payloadBytes: Int
    var concurrency: Int
    var processes: Int
    var enqueuePerSecond: Double?
    var redisMicrosecondsEnqueue: Double?
    var bulkPerSecond: Double?
    var redisMicrosecondsBulk: Double?
    var bytesPerJob: Double?
    var drainPerSecond: Double?
    var redisMicrosecondsDrain: Double?
    var commandsPerJob: Double?
    var workerMicroseconds: Double?
    var latencyP50: Double?
    var latencyP99: Double?
    var floorPerSecond: Double?
    var floorMicroseconds: Double?

    enum CodingKeys: String, CodingKey {
        case jobs
        case payloadBytes = "payload_bytes"
        case concurrency
        case processes
        case enqueuePerSecond = "enqueue_per_s"
        case redisMicrosecondsEnqueue = "redis_us_enqueue"
        case bulkPerSecond = "bulk_per_s"
        case redisMicrosecondsBulk = "redis_us_bulk"
        case bytesPerJob = "bytes_per_job"
        case drainPerSecond = "drain_per_s"
        case redisMicrosecondsDrain = "redis_us_drain"
        case commandsPerJob = "commands_per_job"
        case workerMicroseconds = "worker_us_drain"
        case latencyP50 = "latency_p50_ms"
        case latencyP99 = "latency_p99_ms"
        case floorPerSecond = "floor_per_s"
        case floorMicroseconds = "floor_us"
    }

    /// Lines for people: what, figure, unit.
    var rows: [(what: String, figure: Double, unit: String, digits: Int)] {
        let all: [(String, Double?, String, Int)] = [
            ("enqueue, one by one, \(BenchModes.producers) at a time", enqueuePerSecond, "jobs/s", 0),
            ("  Redis CPU", redisMicrosecondsEnqueue, "µs/job", 2),
            ("enqueue in bulk", bulkPerSecond, "jobs/s", 0),
            ("  Redis CPU", redisMicrosecondsBulk, "µs/job", 2),
            ("  memory of a waiting job", bytesPerJob, "bytes", 0),
            ("drain", drainPerSecond, "jobs/s", 0),
            ("  Redis CPU", redisMicrosecondsDrain, "µs/job", 2),
            ("  commands, those inside functions included", commandsPerJob, "per job", 2),
            ("  worker CPU", workerMicroseconds, "µs/job", 2),
            ("idle: enqueue to start of the handler, median", latencyP50, "ms", 3),
            ("  99th percentile", latencyP99, "ms", 3),
            ("floor: LPUSH + LMOVE + LREM, 128 deep", floorPerSecond, "jobs/s", 0),
            ("  Redis CPU", floorMicroseconds, "µs/job", 2),
        ]
        return all.compactMap { what, figure, unit, digits in figure.map { (what, $0, unit, digits) } }
    }
}
