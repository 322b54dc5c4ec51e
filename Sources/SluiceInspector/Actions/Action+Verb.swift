extension Action {
    /// What was done, in the words of the tool's command for it: `jobs retry`. Programs may add words of their own.
    public struct Verb: RawRepresentable, Sendable, Hashable {
        /// The words.
        public var rawValue: String

        /// Makes a verb. The log keeps 64 bytes of it.
        public init(rawValue: String) { self.rawValue = rawValue }

        private init(_ words: String) { rawValue = words }

        /// Runs jobs again, or now.
        public static let jobsRetry = Verb("jobs retry")
        /// Cancels jobs.
        public static let jobsCancel = Verb("jobs cancel")
        /// Deletes jobs: `jobs delete` and `jobs purge`.
        public static let jobsDelete = Verb("jobs delete")
        /// Changes the due time of jobs.
        public static let jobsReschedule = Verb("jobs reschedule")
        /// Pauses a queue.
        public static let queuesPause = Verb("queues pause")
        /// Ends the pause of a queue.
        public static let queuesResume = Verb("queues resume")
        /// Overrides a limit.
        public static let limitsSet = Verb("limits set")
        /// Ends the override of a limit.
        public static let limitsClear = Verb("limits clear")
        /// Switches a dependency off.
        public static let dependenciesOff = Verb("dependencies off")
        /// Switches a dependency on.
        public static let dependenciesOn = Verb("dependencies on")
        /// Repairs the data of a queue: `audit --repair --yes`.
        public static let auditRepair = Verb("audit repair")
        /// Adds or changes a cron entry.
        public static let cronAdd = Verb("cron add")
        /// Removes a cron entry.
        public static let cronRemove = Verb("cron remove")
        /// Pauses a cron entry.
        public static let cronPause = Verb("cron pause")
        /// Ends the pause of a cron entry.
        public static let cronResume = Verb("cron resume")
        /// Enqueues one job of a cron entry.
        public static let cronRun = Verb("cron run")
        /// Cancels a workflow or a branch of it.
        public static let workflowsCancel = Verb("workflows cancel")
        /// Runs the failed nodes of a workflow again.
        public static let workflowsRetry = Verb("workflows retry")
        /// Replaces the functions on the server.
        public static let libraryLoad = Verb("library load")
        /// Creates an access token.
        public static let tokenCreate = Verb("token create")
        /// Revokes an access token.
        public static let tokenRevoke = Verb("token revoke")

        /// The verbs of this version.
        public static let all: [Verb] = [
            .jobsRetry, .jobsCancel, .jobsDelete, .jobsReschedule, .queuesPause, .queuesResume, .limitsSet, .limitsClear,
            .dependenciesOff, .dependenciesOn, .auditRepair, .cronAdd, .cronRemove, .cronPause, .cronResume, .cronRun,
            .workflowsCancel, .workflowsRetry, .libraryLoad, .tokenCreate, .tokenRevoke,
        ]
    }
}
