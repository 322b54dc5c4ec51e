/// What the gateway and the upstream say to each other.
enum Messages {
    struct Submit: Codable, Sendable {
        /// The order's number, and the gateway's name for the job.
        var order: Int
        var reference: String
        /// The same for each repetition.
        var token: String
        /// The task of which this is an action.
        var parent: String?
        /// Whom to tell.
        var hook: String?
    }

    struct Submitted: Codable, Sendable { var task: String }

    struct Poll: Codable, Sendable { var tasks: [String] }

    struct Status: Codable, Sendable {
        enum State: String, Codable, Sendable {
            case inProgress = "IN_PROGRESS"
            case success = "SUCCESS"
            case failure = "FAILURE"
        }

        var task: String
        var reference: String
        var status: State
        /// In percent.
        var progress: Int
        var url: String?
    }

    struct Payment: Codable, Sendable {
        var order: Int
        var cents: Int
        /// By which a repetition is known, if there is one.
        var token: String?
    }
}
