public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Something that jobs of a queue need, such as an upstream service, and whether it is there.
public struct DependencyStatus: Sendable, Hashable {
    /// The queue.
    public var queue: QueueName
    /// The name by which jobs need it.
    public var name: String
    /// Since when somebody has it switched off; nil while it is on.
    public var offSince: Date?
    /// Whether its breaker lets jobs through.
    public var breaker: BreakerState
    /// When an open breaker lets one job through.
    public var openUntil: Date?
    /// Jobs that run and need it.
    public var running: Int
    /// Lanes that wait for it.
    public var lanesWaiting: Int

    /// Whether it is switched on and its breaker is closed.
    public var isAvailable: Bool { offSince == nil && breaker == .closed }
}

/// What became of switching a dependency on or off.
public struct DependencySwitch: Sendable, Hashable {
    /// The dependency.
    public var name: String
    /// What it was switched to.
    public var isOn: Bool
    /// Whether the list of what is off everywhere has changed; false for the switch of one queue.
    public var isListed: Bool
    /// The queues where it was otherwise before.
    public var queues: [QueueName]

    /// Whether anything has changed.
    public var isChanged: Bool { isListed || !queues.isEmpty }
}
