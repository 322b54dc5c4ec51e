/// What a user may do. Each role may do all that the roles before it may.
public enum Role: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Looks.
    case viewer
    /// Also changes jobs, queues, limits, cron entries and workflows.
    case `operator`
    /// Also changes access, and what concerns the server.
    case admin

    /// Orders by what a role may do.
    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}
