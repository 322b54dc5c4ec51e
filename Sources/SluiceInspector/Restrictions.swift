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
}
