public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A dependency of a queue's jobs, such as an upstream service, and its availability.
public struct DependencyStatus: Sendable, Hashable {
    /// The queue of the jobs.
    public var queue: QueueName
    /// The name of the dependency.
    public var name: String
    /// The time when it was switched off; nil while it is on.
    public var offSince: Date?
    /// The state of its breaker.
    public var breaker: BreakerState
    /// The time when an open breaker lets one job through.
    public var openUntil: Date?
    /// Running jobs that need the dependency.
    public var running: Int
    /// Lanes that wait for the dependency.
    public var lanesWaiting: Int

    /// Whether the dependency is on and its breaker is closed.
    public var isAvailable: Bool { offSince == nil && breaker == .closed }
}

/// The result of switching a dependency on or off.
public struct DependencySwitch: Sendable, Hashable {
    /// The name of the dependency.
    public var name: String
    /// Whether it was switched on.
    public var isOn: Bool
    /// Whether the list of dependencies that are off everywhere has changed; false for a switch in one queue.
    public var isListed: Bool
    /// The queues where the switch had the other position before.
    public var queues: [QueueName]

    /// Whether the call has changed anything.
    public var isChanged: Bool { isListed || !queues.isEmpty }
}
