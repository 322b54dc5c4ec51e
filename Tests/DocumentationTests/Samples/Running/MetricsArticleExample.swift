import Metrics
import SluicePrometheus

/// Keeps the metrics of this process. Call it once, before the first client and worker.
func keepMetrics() -> PrometheusMetrics {
    var options = PrometheusMetrics.Options()
    options.help["films_rendered_total"] = "Films that were rendered."
    let metrics = PrometheusMetrics(options)
    MetricsSystem.bootstrap(metrics)
    return metrics
}

/// What your HTTP server answers to GET /metrics.
func metricsPage(_ metrics: PrometheusMetrics) -> (contentType: String, body: String) {
    (PrometheusMetrics.contentType, metrics.text())
}
