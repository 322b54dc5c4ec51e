package import SluicePrometheus

/// What a process tells Prometheus and those who probe it.
package struct MonitorPages: Sendable {
    package struct Page: Sendable, Equatable {
        package var status = 200
        package var type = "text/plain; charset=utf-8"
        package var text: String
    }

    let metrics: PrometheusMetrics
    let probe: ServiceProbe

    package init(_ metrics: PrometheusMetrics, _ probe: ServiceProbe) {
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
