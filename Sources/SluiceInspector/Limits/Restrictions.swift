public import SluiceCore
import SluiceStore

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
        let outlines = try await store.outlines(of: [queue])
        return try await restrictions(of: try await status(of: queue), outlines[0])
    }

    /// Returns those of a queue whose status and outline are known. Most queues have none, which takes no further call.
    private func restrictions(of status: QueueStatus, _ outline: Outlines.Item) async throws(SluiceError) -> Restrictions {
        // A breaker that has never opened is closed.
        let hasOpened = status.totals["opened", default: 0] > 0
        var found = Restrictions(overrides: [], unavailable: [])
        // One gate only, so that the server need not collect the busy ones.
        if outline.overrides > 0 { found.overrides = try await limits(of: status.queue, gate: "*").overrides }
        if outline.dependenciesOff > 0 || hasOpened {
            found.unavailable = try await dependencies(of: status.queue).filter { !$0.isAvailable }
        }
        return found
    }

    /// Returns nil if the library on the server is of a revision without limits; an administrator may have pinned such a revision.
    private func outlinesIfKnown(of queues: [QueueName]) async throws(SluiceError) -> [Outlines.Item]? {
        do throws(SluiceError) {
            return try await store.outlines(of: queues)
        } catch {
            guard error.code == .server else { throw error }
            return nil
        }
    }

    /// Reads the status and restrictions of queues, and passes them on in order, each as soon as it is known. It makes a call for
    /// each queue and one for all, and up to two for a queue with overrides, with dependencies that are off, or whose breakers have
    /// opened.
    package func standings(
        of queues: [QueueName], take: (QueueStatus, Restrictions?) throws -> Void
    ) async throws {
        let outlines = try await outlinesIfKnown(of: queues)
        try await InOrder.run(Array(queues.indices)) { index in
            let status = try await self.status(of: queues[index])
            guard let outlines else { return (status, nil as Restrictions?) }
            return (status, try await self.restrictions(of: status, outlines[index]))
        } take: { status, restrictions in
            try take(status, restrictions)
        }
    }
}
