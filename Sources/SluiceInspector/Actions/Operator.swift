#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who makes changes, through what, and from where: the author of entries in the log of actions.
public struct Operator: Sendable, Hashable {
    /// What a change is made through.
    public enum Channel: String, Sendable, Hashable, CaseIterable {
        /// The command-line tool.
        case tool
        /// A program that uses ``Inspector``.
        case program
        /// A page of the dashboard.
        case page
        /// The HTTP API.
        case api
    }

    /// The name: `ada@laptop`, a user of the dashboard, `token:NAME`. The log keeps 128 bytes of it.
    public var name: String
    /// What the changes are made through.
    public var channel: Channel
    /// The host or the address that the changes come from. The log keeps 128 bytes of it.
    public var place: String

    /// Makes an author. Nothing is checked.
    public init(_ name: String, via channel: Channel, from place: String) {
        self.name = name
        self.channel = channel
        self.place = place
    }

    /// This program: its name and host. An ``Inspector`` acts for it unless told otherwise.
    public static let program = {
        let process = ProcessInfo.processInfo
        return Operator("\(process.processName)@\(process.hostName)", via: .program, from: process.hostName)
    }()
}
