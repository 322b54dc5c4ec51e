#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The state of a workflow, with counts of its nodes.
public struct WorkflowStatus: Sendable, Hashable {
    /// The state of a whole workflow.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It is being stored; no node runs yet.
        case building
        /// Some of its nodes have not ended.
        case running
        /// All nodes have completed.
        case completed
        /// All nodes have ended, some of them cancelled.
        case cancelled
        /// All nodes have ended, some of them discarded or deleted.
        case discarded

        /// Whether the state is final, except for a retry.
        public var isEnded: Bool {
            switch self {
            case .building, .running: false
            case .completed, .cancelled, .discarded: true
            }
        }
    }

    /// The state of a node.
    public enum NodeState: String, Sendable, Hashable, CaseIterable {
        /// Some of its edges are not stored yet.
        case building
        /// It waits for other nodes.
        case suspended
        /// It waits for a node that did not complete.
        case held
        /// Its job is in its queue, or on its way there.
        case active
        /// It has completed.
        case completed
        /// It was cancelled, before or after its start.
        case cancelled
        /// Its job was discarded.
        case discarded
        /// Its job was deleted by a person.
        case deleted
    }

    /// The id of the workflow.
    public var id: WorkflowID
    /// Its name.
    public var name: String
    /// The state of the whole workflow.
    public var state: State
    /// When it was enqueued, by the server's clock.
    public var created: Date?
    /// When the last node ended; nil before.
    public var ended: Date?
    /// When the remaining nodes are cancelled, if the workflow has a deadline.
    public var deadline: Date?
    /// Why the whole workflow was cancelled: `cancelled`, on request, or `deadline`; nil if it was not.
    public var stopped: String?
    /// The number of nodes by state, without zeros.
    public var nodes: [NodeState: Int]

    /// The number of all nodes.
    public var total: Int { nodes.values.reduce(0, +) }
}

extension WorkflowStatus {
    /// Reads the stored values; nil if there is no such workflow.
    package init?(_ id: WorkflowID, _ values: [String: String]) {
        guard let state = values["state"].flatMap(State.init) else { return nil }
        self.id = id
        self.state = state
        name = values["name"] ?? ""
        created = values["created"].flatMap(Self.date)
        ended = values["ended"].flatMap(Self.date)
        deadline = values["deadline"].flatMap(Self.date)
        stopped = values["stopped"]
        nodes = [:]
        for state in NodeState.allCases {
            if let count = values["nodes.\(state.rawValue)"].flatMap({ Int($0) }), count > 0 { nodes[state] = count }
        }
    }

    private static func date(_ text: String) -> Date? {
        Double(text).map { Date(timeIntervalSince1970: $0 / 1000) }
    }
}

extension SluiceError {
    /// The error for an id that no stored workflow has.
    package static func unknownWorkflow(_ id: String) -> SluiceError {
        SluiceError(.unknownWorkflow, "there is no workflow '\(id)', or it ended long ago")
    }
}
