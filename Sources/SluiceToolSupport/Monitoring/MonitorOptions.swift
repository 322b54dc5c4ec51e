package import ArgumentParser
import CoreMetrics
package import SluicePrometheus

/// The options for the metrics and probes of a process that works on queues.
package struct MonitorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve /metrics for Prometheus, and the probes /livez and /readyz, over HTTP on this port; 0 takes a free one, which is "
                + "logged.",
            valueName: "port"))
    package var metricsPort: Int?

    @Option(
        help: ArgumentHelp(
            "The address to serve them on. All who reach it can read the names of queues and kinds. (default: 127.0.0.1)",
            valueName: "address"))
    package var metricsHost: String?

    package init() {}

    package func validate() throws {
        if let metricsPort, !(0...65_535).contains(metricsPort) { throw ValidationError("--metrics-port is 0 to 65535") }
        if metricsHost != nil, metricsPort == nil { throw ValidationError("--metrics-host needs --metrics-port") }
        if metricsHost?.isEmpty == true { throw ValidationError("--metrics-host is empty") }
    }

    /// Makes this process keep metrics, if they are to be served.
    package func metrics() -> PrometheusMetrics? {
        if metricsPort == nil { return nil }
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        let build = [("version", ToolVersion.text), ("library", "\(ToolVersion.libraryRevision)")]
        Gauge(label: "sluice_build_info", dimensions: build).record(1)
        return metrics
    }

    private var host: String { metricsHost ?? "127.0.0.1" }

    /// Opens the port for a moment, if metrics are to be served.
    /// - Throws: ``Failure``, in one line.
    package func tryPort() async throws {
        guard let metricsPort else { return }
        do {
            try await PortTrial.run(host: host, port: metricsPort)
        } catch {
            throw Monitor.failure(host, metricsPort, error)
        }
    }

    /// Listens.
    /// - Throws: ``Failure``, in one line.
    package func monitor(_ pages: MonitorPages) async throws -> Monitor? {
        guard let metricsPort else { return nil }
        return try await Monitor(host: host, port: metricsPort, pages)
    }
}
