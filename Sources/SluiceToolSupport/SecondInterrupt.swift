package import Logging
package import ServiceLifecycle
import UnixSignals

/// Runs services to their end: the first stop signal lets them end in order, a SIGINT after that ends them at once.
package struct SecondInterrupt {
    private let services: ServiceGroup
    private let logger: Logger

    package init(services: ServiceGroup, logger: Logger) {
        self.services = services
        self.logger = logger
    }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await services.run()
                return true
            }
            group.addTask { await !isForced() }
            let isDone = try await group.next() ?? true
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch {
                // Services that have to drop their work throw; that is not a failure here.
                if isDone { throw error }
            }
        }
    }

    private func isForced() async -> Bool {
        var isStopping = false
        for await signal in await UnixSignalsSequence(trapping: StopSignals.ofService) {
            if isStopping, signal == .sigint {
                logger.warning("stopping at once: what runs is ended and given back")
                return true
            }
            if !isStopping { logger.info("stopping: what runs may end within the grace; Ctrl-C again ends it at once") }
            isStopping = true
        }
        return false
    }
}
