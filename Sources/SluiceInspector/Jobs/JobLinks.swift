public import SluiceCore

/// What a job has to do with others.
public struct JobLinks: Sendable, Hashable {
    /// The job before one that follows another, while it waits for it.
    public struct Parent: Sendable, Hashable {
        /// The job before.
        public var id: JobID
        /// What becomes of this one if that does not complete: `cancel`, `ignore` or `hold`.
        public var onFailed: FailurePolicy
    }

    /// The job whose end it waits for.
    public var parent: Parent?
    /// The queue that it belongs to, while it is kept in the slot of another one's.
    public var target: QueueName?
    /// Who is told of its end: lines such as `workflow.ID NODE`, `batch.ID`, `wait CLIENT`.
    public var told: [String]
    /// Jobs that were enqueued after it, the first hundred of them.
    public var followers: [JobID]
    /// How many were.
    public var followerCount: Int

    /// Of a job that has to do with none, unless given.
    public init(
        parent: Parent? = nil, target: QueueName? = nil, told: [String] = [], followers: [JobID] = [], followerCount: Int = 0
    ) {
        self.parent = parent
        self.target = target
        self.told = told
        self.followers = followers
        self.followerCount = followerCount
    }

    /// Reads the columns of the library.
    init(reply: [String: String]) {
        let after = (reply["after"] ?? "").split(separator: " ").map(String.init)
        self.init(
            parent: after.count > 1
                ? Parent(id: JobID(known: after[0]), onFailed: FailurePolicy(rawValue: after[1]) ?? .cancel) : nil,
            target: reply["target"]?.split(separator: " ").first.flatMap { try? QueueName(String($0)) },
            told: (reply["links"] ?? "").split(separator: "\n").map(String.init).filter { $0 != "follow" },
            followers: (reply["followers"] ?? "").split(separator: " ").map { JobID(known: String($0)) },
            followerCount: reply["followers_count"].flatMap { Int($0) } ?? 0)
    }

    package var json: JSONValue {
        [
            "parent": parent.map { ["id": .string($0.id.text), "on_failed": .string($0.onFailed.rawValue)] } ?? .null,
            "target": JSONValue(target?.text), "told": .array(told.map(JSONValue.string)),
            "followers": .array(followers.map { .string($0.text) }), "followers_count": .integer(followerCount),
        ]
    }
}
