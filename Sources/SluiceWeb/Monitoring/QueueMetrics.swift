import CoreMetrics
import SluiceCore
import SluiceInspector
import SluicePrometheus

/// What all queues of a site and their Redis look like, for Prometheus: once for all workers, however many there are.
struct QueueMetrics {
    /// What each name means, for people who look at the page.
    static let help: [String: String] = [
        "sluice_dependency_available": "Whether jobs can use a dependency: 1, or 0 while it is off or its breaker is not closed.",
        "sluice_queue_cron_late_seconds": "How long the most overdue tick of the queue's recurring jobs has been due.",
        "sluice_queue_events_total": "What has happened to jobs of the queue since it was created.",
        "sluice_queue_jobs": "Jobs of the whole queue in each state; of ended ones, those that are kept.",
        "sluice_queue_lanes": "Lanes with jobs that can be claimed.",
        "sluice_queue_limit": "Jobs that may wait in the queue.",
        "sluice_queue_oldest_seconds": "How long the oldest job of the whole queue has been in the state.",
        "sluice_queue_paused": "Whether the queue is paused: 1 or 0.",
        "sluice_queue_workers": "Workers whose lease has not been given up.",
        "sluice_redis_clients": "Clients that are connected to Redis.",
        "sluice_redis_clock_ahead_seconds": "How far the clock of Redis is ahead of that of this machine; negative if behind.",
        "sluice_redis_commands_per_second": "Commands that Redis runs in a second, as it samples them.",
        "sluice_redis_evicts": "Whether Redis deletes jobs when it is full, by its maxmemory-policy: 1 or 0.",
        "sluice_redis_memory_bytes": "Memory that Redis uses.",
        "sluice_redis_memory_limit_bytes": "Memory that Redis may use, its maxmemory; 0 without a limit.",
        "sluice_redis_replicas": "Replicas that are connected to Redis.",
        "sluice_redis_save_failed": "Whether Redis failed to write its snapshot or its append-only file: 1 or 0.",
        "sluice_scrape_duration_seconds": "How long Redis took to answer for this page.",
        "sluice_up": "Whether Redis answered: 1 or 0. Without an answer nothing else is told.",
    ]

    /// Events that are told of before the first one: a counter that appears with a value seems not to have grown.
    private static let noEvents = [
        "enqueued": 0, "started": 0, "completed": 0, "cancelled": 0, "discarded": 0, "retried": 0, "reclaimed": 0,
    ]

    private let metrics: PrometheusMetrics

    private init() {
        var options = PrometheusMetrics.Options()
        options.help = Self.help
        options.maxSeries = 10_000
        metrics = PrometheusMetrics(options)
    }

    /// The page for a snapshot, and for what Redis tells of itself if it may be asked.
    static func text(_ snapshot: Snapshot, _ server: ServerStatus?, took seconds: Double) -> String {
        let page = Self()
        for queue in snapshot.queues { page.add(queue) }
        if let server { page.add(server) }
        page.gauge("sluice_up", [], 1)
        page.gauge("sluice_scrape_duration_seconds", [], seconds)
        return page.metrics.text()
    }

    /// The page if Redis does not answer.
    static func down(took seconds: Double) -> String {
        let page = Self()
        page.gauge("sluice_up", [], 0)
        page.gauge("sluice_scrape_duration_seconds", [], seconds)
        return page.metrics.text()
    }

    private func add(_ queue: Snapshot.Queue) {
        let status = queue.status
        let name = ("queue", status.queue.text)
        for state in JobState.listed {
            gauge("sluice_queue_jobs", [name, ("state", state.rawValue)], Double(status.states[state, default: 0]))
        }
        for (state, age) in status.oldest where status.states[state, default: 0] > 0 {
            gauge("sluice_queue_oldest_seconds", [name, ("state", state.rawValue)], age.seconds)
        }
        for (event, count) in Self.noEvents.merging(status.totals, uniquingKeysWith: { $1 }) {
            metrics.makeCounter(label: "sluice_queue_events_total", dimensions: [name, ("event", event)]).increment(
                by: Int64(count))
        }
        gauge("sluice_queue_workers", [name], Double(status.workers))
        gauge("sluice_queue_lanes", [name], Double(status.lanes))
        gauge("sluice_queue_paused", [name], status.pause == nil ? 0 : 1)
        if let delay = status.cronDelay { gauge("sluice_queue_cron_late_seconds", [name], delay.seconds) }
        if let limit = status.depthLimit { gauge("sluice_queue_limit", [name], Double(limit)) }
        for dependency in queue.unavailable {
            gauge("sluice_dependency_available", [name, ("dependency", dependency.name)], 0)
        }
    }

    /// What Redis does not tell is left out.
    private func add(_ server: ServerStatus) {
        gauge("sluice_redis_clock_ahead_seconds", [], server.ahead.seconds)
        if let clients = server.clients { gauge("sluice_redis_clients", [], Double(clients)) }
        if let commands = server.commandsPerSecond { gauge("sluice_redis_commands_per_second", [], Double(commands)) }
        if let replicas = server.replicas { gauge("sluice_redis_replicas", [], Double(replicas)) }
        if let memory = server.memory {
            gauge("sluice_redis_memory_bytes", [], Double(memory.used))
            gauge("sluice_redis_memory_limit_bytes", [], Double(memory.limit ?? 0))
            if let policy = memory.policy { gauge("sluice_redis_evicts", [], policy == "noeviction" ? 0 : 1) }
        }
        if let kept = server.persistence {
            let isWell = kept.savesWell && (kept.appendsWell || !kept.appends)
            gauge("sluice_redis_save_failed", [], isWell ? 0 : 1)
        }
    }

    private func gauge(_ name: String, _ labels: [(String, String)], _ value: Double) {
        metrics.makeRecorder(label: name, dimensions: labels, aggregate: false).record(value)
    }
}
