import CoreMetrics
import SluiceCore
import SluiceInspector
import SluicePrometheus

/// What all queues of a site look like, for Prometheus: once for all workers, however many there are.
struct QueueMetrics {
    /// What each name means, for people who look at the page.
    static let help: [String: String] = [
        "sluice_dependency_available": "Whether jobs can use a dependency: 1, or 0 while it is off or its breaker is not closed.",
        "sluice_queue_events_total": "What has happened to jobs of the queue since it was created.",
        "sluice_queue_jobs": "Jobs of the whole queue in each state; of ended ones, those that are kept.",
        "sluice_queue_lanes": "Lanes with jobs that can be claimed.",
        "sluice_queue_limit": "Jobs that may wait in the queue.",
        "sluice_queue_oldest_seconds": "How long the oldest job of the whole queue has been in the state.",
        "sluice_queue_paused": "Whether the queue is paused: 1 or 0.",
        "sluice_queue_workers": "Workers whose lease has not been given up.",
        "sluice_scrape_duration_seconds": "How long Redis took to answer for this page.",
        "sluice_up": "Whether Redis answered: 1 or 0. Without an answer nothing else is told.",
    ]

    private let metrics: PrometheusMetrics

    private init() {
        var options = PrometheusMetrics.Options()
        options.help = Self.help
        options.maxSeries = 10_000
        metrics = PrometheusMetrics(options)
    }

    /// The page for a snapshot.
    static func text(_ snapshot: Snapshot, took seconds: Double) -> String {
        let page = Self()
        for queue in snapshot.queues { page.add(queue) }
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
        for (event, count) in status.totals {
            metrics.makeCounter(label: "sluice_queue_events_total", dimensions: [name, ("event", event)]).increment(
                by: Int64(count))
        }
        gauge("sluice_queue_workers", [name], Double(status.workers))
        gauge("sluice_queue_lanes", [name], Double(status.lanes))
        gauge("sluice_queue_paused", [name], status.pause == nil ? 0 : 1)
        if let limit = status.depthLimit { gauge("sluice_queue_limit", [name], Double(limit)) }
        for dependency in queue.unavailable {
            gauge("sluice_dependency_available", [name, ("dependency", dependency.name)], 0)
        }
    }

    private func gauge(_ name: String, _ labels: [(String, String)], _ value: Double) {
        metrics.makeRecorder(label: name, dimensions: labels, aggregate: false).record(value)
    }
}
