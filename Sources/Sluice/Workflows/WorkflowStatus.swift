#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How a workflow stands.
public struct WorkflowStatus: Sendable, Hashable {
    /// Of the whole.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It is being stored; nothing of it runs yet.
        case building
        /// Some of its nodes have not ended.
        case running
        /// All nodes have completed.
        case completed
        /// All have ended, some of them cancelled.
        case cancelled
        /// All have ended, some of them discarded or deleted.
        case discarded

        /// Whether nothing but a retry leads out of it.
        public var isEnded: Bool {
            switch self {
            case .building, .running: false
            case .completed, .cancelled, .discarded: true
            }
        }
    }

    /// Of a node.
    public enum NodeState: String, Sendable, Hashable, CaseIterable {
        /// More of its edges are to come.
        case building
        /// Waits for others.
        case suspended
        /// Waits for one that has ended otherwise than completed.
        case held
        /// Its job is in its queue, or on its way there.
        case active
        /// Its job has completed.
        case completed
        /// It was cancelled, before it started or after.
        case cancelled
        /// Its job has failed for good.
        case discarded
        /// Somebody has deleted its job.
        case deleted
    }

    /// Its identity.
    public var id: String
    /// What it is called.
    public var name: String
    /// Of the whole.
    public var state: State
    /// When it was enqueued, by the server's clock.
    public var created: Date?
    /// When all of its nodes had ended.
    public var ended: Date?
    /// When what has not ended is cancelled.
    public var deadline: Date?
    /// Why all of it was cancelled: `cancelled`, by somebody's wish, or `deadline`.
    public var stopped: String?
    /// How many nodes are in each state; those without any are left out.
    public var nodes: [NodeState: Int]

    /// All nodes.
    public var total: Int { nodes.values.reduce(0, +) }
}

extension WorkflowStatus {
    /// Reads what the store tells; nil if there is no such workflow.
    init?(_ id: String, _ values: [String: String]) {
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
