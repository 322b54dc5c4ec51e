package import Logging
package import ServiceLifecycle
package import SluiceWorker
import UnixSignals

/// What the worker processes of all scenarios have in common.
package enum WorkerProgram {
    /// They stop within seconds, and bear the host's name that they were started with.
    package static func options(lease: Duration, host: String) -> WorkerOptions {
        WorkerOptions(lease: lease, grace: .seconds(5), cancellationGrace: .milliseconds(500), host: host)
    }

    /// Runs services until SIGTERM, or until the process that started this one is gone.
    package static func run(_ services: [any Service], logger: Logger) async throws {
        try await ServiceGroup(services: services + [ParentWatch()], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }
}

extension Logger {
    /// Runs and connections fail on purpose: only what must not happen is told.
    package static func forFaults(_ label: String) -> Logger {
        var logger = Logger(label: label)
        logger.logLevel = .critical
        return logger
    }
}
