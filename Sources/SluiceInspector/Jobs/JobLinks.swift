public import SluiceCore

/// The relations of a job to other jobs.
public struct JobLinks: Sendable, Hashable {
    /// The job that a waiting follower comes after.
    public struct Parent: Sendable, Hashable {
        /// The id of the job before.
        public var id: JobID
        /// The failure policy, for the case that the job before does not complete: `cancel`, `ignore` or `hold`.
        public var onFailed: FailurePolicy
    }

    /// The job whose end this job waits for.
    public var parent: Parent?
    /// The job's own queue, while the job is stored in the slot of another queue.
    public var target: QueueName?
    /// The receivers of the job's end, as lines such as `workflow.ID NODE`, `batch.ID`, `wait CLIENT`.
    public var receivers: [String]
    /// The jobs that follow this one, at most the first hundred.
    public var followers: [JobID]
    /// The number of all followers.
    public var followerCount: Int

    /// Makes the relations of a job; by default it has none.
    public init(
        parent: Parent? = nil, target: QueueName? = nil, receivers: [String] = [], followers: [JobID] = [], followerCount: Int = 0
    ) {
        self.parent = parent
        self.target = target
        self.receivers = receivers
        self.followers = followers
        self.followerCount = followerCount
    }

    /// Parses the columns of the library.
    init(reply: [String: String]) {
        let after = (reply["after"] ?? "").split(separator: " ").map(String.init)
        self.init(
            parent: after.count > 1
                ? Parent(id: JobID(known: after[0]), onFailed: FailurePolicy(rawValue: after[1]) ?? .cancel) : nil,
            target: reply["target"]?.split(separator: " ").first.flatMap { try? QueueName(String($0)) },
            receivers: (reply["links"] ?? "").split(separator: "\n").map(String.init).filter { $0 != "follow" },
            followers: (reply["followers"] ?? "").split(separator: " ").map { JobID(known: String($0)) },
            followerCount: reply["followers_count"].flatMap { Int($0) } ?? 0)
    }

    package var json: JSONValue {
        [
            "parent": parent.map { ["id": .string($0.id.text), "on_failed": .string($0.onFailed.rawValue)] } ?? .null,
            "target": JSONValue(target?.text), "receivers": .array(receivers.map(JSONValue.string)),
            "followers": .array(followers.map { .string($0.text) }), "followers_count": .integer(followerCount),
        ]
    }
}
