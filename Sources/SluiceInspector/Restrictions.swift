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

    /// The same for several queues. Queues are left out where the library on the server is of a revision without limits, to which
    /// an administrator may have pinned it.
    package func restrictions(of queues: [QueueName]) async throws(SluiceError) -> [QueueName: Restrictions] {
        let found = try await each(of: queues) { queue throws(SluiceError) -> Restrictions? in
            do throws(SluiceError) {
                return try await self.restrictions(of: queue)
            } catch {
                guard error.code == .server else { throw error }
                return nil
            }
        }
        return Dictionary(uniqueKeysWithValues: zip(queues, found)).compactMapValues { $0 }
    }
}
