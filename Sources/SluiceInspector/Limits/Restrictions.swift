public import SluiceCore

/// Exceptions from the declared limits of a queue: overrides, and dependencies that jobs cannot use now.
public struct Restrictions: Sendable, Hashable {
    /// The limits that operators override.
    public var overrides: [QueueLimits.Override]
    /// The dependencies that are switched off, or whose breaker is not closed.
    public var unavailable: [DependencyStatus]

    /// Whether there are no exceptions.
    public var isEmpty: Bool { overrides.isEmpty && unavailable.isEmpty }
}

extension Inspector {
    /// Returns the overrides and unavailable dependencies of a queue.
    /// - Throws: a server error if Redis cannot be used.
    public func restrictions(of queue: QueueName) async throws(SluiceError) -> Restrictions {
        // One gate only, so that the server need not collect the busy ones.
        let limits = try await limits(of: queue, gate: "*")
        return Restrictions(
            overrides: limits.overrides, unavailable: try await dependencies(of: queue).filter { !$0.isAvailable })
    }

    /// Returns nil if the library on the server is of a revision without limits; an administrator may have pinned such a revision.
    private func restrictionsIfKnown(of queue: QueueName) async throws(SluiceError) -> Restrictions? {
        do throws(SluiceError) {
            return try await restrictions(of: queue)
        } catch {
            guard error.code == .server else { throw error }
            return nil
        }
    }

    /// Reads the status and restrictions of queues, and passes them on in order, each as soon as it is known.
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
