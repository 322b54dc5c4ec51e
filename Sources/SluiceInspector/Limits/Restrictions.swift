public import SluiceCore

/// What is out of the ordinary with a queue's limits: overrides, and dependencies that jobs cannot use now.
public struct Restrictions: Sendable, Hashable {
    /// Limits that an operator has changed.
    public var overrides: [QueueLimits.Override]
    /// Dependencies that are switched off, or whose breaker is not closed.
    public var unavailable: [DependencyStatus]

    /// Whether everything is as code declares it.
    public var isEmpty: Bool { overrides.isEmpty && unavailable.isEmpty }
}

extension Inspector {
    /// What is out of the ordinary with a queue's limits.
    public func restrictions(of queue: QueueName) async throws(SluiceError) -> Restrictions {
        // One gate, so that the busy ones need not be gathered.
        let limits = try await limits(of: queue, gate: "*")
        return Restrictions(
            overrides: limits.overrides, unavailable: try await dependencies(of: queue).filter { !$0.isAvailable })
    }

    /// The same; nil where the library on the server is of a revision without limits, to which an administrator may have pinned it.
    private func restrictionsIfKnown(of queue: QueueName) async throws(SluiceError) -> Restrictions? {
        do throws(SluiceError) {
            return try await restrictions(of: queue)
        } catch {
            guard error.code == .server else { throw error }
            return nil
        }
    }

    /// How queues stand, and what is out of the ordinary with their limits, in order, each as soon as it is known.
    package func standings(
        of queues: [QueueName], take: (QueueStatus, Restrictions?) throws -> Void
    ) async throws {
        try await InOrder.run(queues) { queue in
            async let status = self.status(of: queue)
            async let restrictions = self.restrictionsIfKnown(of: queue)
            return (try await status, try await restrictions)
        } take: { status, restrictions in
            try take(status, restrictions)
        }
    }
}
