import SluiceCore
import SluicePrometheus
import SluiceStore
import SluiceWorker

/// What a worker tells Prometheus and those who probe it.
struct MonitorPages: Sendable {
    struct Page: Sendable, Equatable {
        var status = 200
        var type = "text/plain; charset=utf-8"
        var text: String
    }

    /// The patience of a probe with Redis. Probes themselves often wait no longer.
    private static let patience = Duration.milliseconds(900)

    let metrics: PrometheusMetrics
    let health: @Sendable () -> WorkerHealth
    /// Asks Redis for its function library, over a connection of its own: a time-out here must not end a call of the worker.
    let probes: Store

    init(_ metrics: PrometheusMetrics, _ worker: Worker, probing store: Store) {
        self.init(metrics, probing: store) { worker.health }
    }

    init(_ metrics: PrometheusMetrics, probing store: Store, health: @escaping @Sendable () -> WorkerHealth) {
        self.metrics = metrics
        self.health = health
        probes = store.withoutLoading()
    }

    func close() async { await probes.close() }

    func page(_ path: String) async -> Page {
        switch path {
        case "/metrics": Page(type: PrometheusMetrics.contentType, text: metrics.text())
        case "/livez": liveness()
        case "/readyz": await readiness()
        default: Page(status: 404, text: "not here: there are /metrics, /livez and /readyz\n")
        }
    }

    /// Whether the worker works, with Redis or without: a restart would not bring Redis back.
    private func liveness() -> Page {
        let health = health()
        if health.isTurning { return Page(text: "alive\n") }
        return Page(status: 503, text: "the worker's loop has not turned for \(health.silence.components.seconds) s\n")
    }

    /// Whether jobs are claimed, as far as that can be seen.
    private func readiness() async -> Page {
        switch health().phase {
        case .starting: return Page(status: 503, text: "the worker starts\n")
        case .stopping: return Page(status: 503, text: "the worker stops\n")
        case .serving: break
        }
        do {
            guard try await probes.libraryVersion(timeout: Self.patience) != nil else {
                return Page(status: 503, text: "the function library on Redis cannot be read\n")
            }
            return Page(text: "ready\n")
        } catch {
            // One line: an error reply of Redis is one, but a path may hold anything.
            return Page(status: 503, text: "Redis: \(error.message.split(whereSeparator: \.isNewline).joined(separator: " "))\n")
        }
    }
}
