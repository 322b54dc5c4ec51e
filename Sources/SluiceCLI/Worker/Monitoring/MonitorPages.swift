import SluicePrometheus
import SluiceToolSupport

/// What a worker tells Prometheus and those who probe it.
struct MonitorPages: Sendable {
    struct Page: Sendable, Equatable {
        var status = 200
        var type = "text/plain; charset=utf-8"
        var text: String
    }

    let metrics: PrometheusMetrics
    let probe: ServiceProbe

    init(_ metrics: PrometheusMetrics, _ probe: ServiceProbe) {
        self.metrics = metrics
        self.probe = probe
    }

    func close() async { await probe.close() }

    func page(_ path: String) async -> Page {
        switch path {
        case "/metrics": Page(type: PrometheusMetrics.contentType, text: metrics.text())
        case "/livez": Page(probe.liveness())
        case "/readyz": Page(await probe.readiness())
        default: Page(status: 404, text: "not here: there are /metrics, /livez and /readyz\n")
        }
    }
}

extension MonitorPages.Page {
    fileprivate init(_ answer: ServiceProbe.Answer) {
        self.init(status: answer.isGood ? 200 : 503, text: answer.text + "\n")
    }
}
