import SluiceCore

extension JobDraft {
    /// The members of a job in some place.
    static func shape(_ place: Place) -> Shape<JobDraft> { shapes[place] ?? Shape([]) }

    private static let shapes: [Place: Shape<JobDraft>] = [
        .queue: Shape(Fields.common + Fields.due + Fields.own),
        .many: Shape([Fields.queue] + Fields.common + Fields.due + Fields.own),
        .callback: Shape([Fields.queue] + Fields.common + Fields.due + Fields.unique),
        .node: Shape([Fields.queue] + Fields.common + Fields.due),
        .cron: Shape(Fields.recurring),
    ]

    fileprivate typealias Field = Shape<JobDraft>.Field

    private enum Fields {
        static let queue = Field.required("queue", .queueName) { $1.queue = try $0.parsed(QueueName.init(_:)) }

        static let common: [Field] = [
            .required("kind", Schema.kindName.saying("Chooses the handler.")) { $1.kind = try $0.kind() },
            .optional("args", Schema.any.saying("The arguments, any JSON; numbers keep all their digits. Default: {}.")) {
                $1.arguments = $0.raw
            },
            .optional("priority", Schema.range(0, 9).saying("From 0 (first) to 9 (last). Default: 5.")) {
                $1.priority = try $0.integer(0...9)
            },
            .optional("partitions", Schema.map(.string).saying("Values for limits and fairness, by name.")) {
                $1.partitions = try $0.map()
            },
            .optional(
                "needs",
                Schema.array(.string, most: 32).saying("Dependencies; with ? at its end, the job can do without it.")
            ) { $1.needs = try $0.strings(most: 32).map(Dependency.init(text:)) },
            .optional(
                "chain",
                Schema.text(shortest: 1).saying("Jobs of a queue with the same chain run one after another.")
            ) { $1.chain = try $0.string() },
            .optional(
                "hold_on_discard", Schema.boolean.saying("Whether the chain waits for an operator if the job is discarded.")
            ) { $1.holdsOnDiscard = try $0.bool() },
            .optional("max_attempts", .count) { $1.maxAttempts = try $0.integer(Schema.counts) },
            .optional("max_waits", .count) { $1.maxWaits = try $0.integer(Schema.counts) },
            .optional("timeout", Schema.duration.saying("The longest run.")) { $1.timeout = try $0.duration() },
            .optional(
                "deadline", Schema.duration.saying("The job is cancelled this long after its enqueue unless it has ended.")
            ) { $1.deadline = try $0.duration() },
            .optional("notify", Schema.string.saying("A web hook that is told of the job.")) { $1.notify = try $0.string() },
            .optional("notify_on", .array(.words(Notify.Event.self))) { input, draft in
                var events: Set<Notify.Event> = []
                try input.forEachElement { events.insert(try $1.word(Notify.Event.self)) }
                draft.notifyOn = events
            },
            .optional("encrypt", Schema.boolean.saying("Whether the server encrypts arguments and result with its keys.")) {
                $1.isEncrypted = try $0.bool()
            },
            .optional("redact", Schema.array(.string, most: 100).saying("Members whose values are hidden from people.")) {
                $1.redacted = try $0.strings(most: 100)
            },
            .optional("args_version", .count) { $1.version = try $0.integer(Schema.counts) },
        ]

        /// What `sluice cron add` takes.
        static let recurring = common.filter { !["deadline", "notify", "notify_on"].contains($0.name) }

        static let due: [Field] = [
            .optional("delay", Schema.duration.saying("The time until the job is due.")) {
                $1.delay = try $0.duration(mayBeZero: true)
            },
            .optional(
                "at", Schema.anyOf([.time, .number]).saying("When the job is due: RFC 3339, or seconds since 1970.")
            ) { $1.at = try $0.time() },
        ]

        /// What a job has that is neither a callback nor a node.
        static let own = following + unique

        private static let following: [Field] = [
            .optional("id", Schema.jobID.saying("An id of your own. Enqueueing it again adds nothing.")) {
                $1.id = try $0.parsed(JobID.init(_:))
            },
            .optional("after", Schema.jobID.saying("The job to follow: this one waits for its end.")) {
                $1.after = try $0.parsed(JobID.init(_:))
            },
            .optional("after_queue", Schema.queueName.saying("The queue of that job. Default: this one.")) {
                $1.afterQueue = try $0.parsed(QueueName.init(_:))
            },
            .optional("on_failed", .words(FailurePolicy.self)) { $1.onFailed = try $0.word(FailurePolicy.self) },
        ]

        static let unique: [Field] = [
            .optional(
                "unique", Schema.text(shortest: 1).saying("Nothing is added while a job with the same key is live.")
            ) { input, draft in
                let key = try input.string()
                if key.isEmpty { throw Invalid("a key that is not empty is expected here") }
                draft.uniqueKey = key
            },
            .optional("unique_args", Schema.boolean.saying("The same for jobs of the same kind and arguments.")) {
                $1.isUniqueByArguments = try $0.bool()
            },
            .optional("unique_until", .words(UniqueUntil.self)) { $1.uniqueUntil = try $0.word(UniqueUntil.self) },
            .optional("unique_for", .duration) { $1.uniqueFor = try $0.duration() },
            .optional("on_conflict", .words(Unique.Conflict.self)) { $1.onConflict = try $0.word(Unique.Conflict.self) },
        ]
    }
}

extension JSONInput {
    /// A kind of jobs.
    func kind() throws -> String {
        try parsed { text throws(SluiceError) in
            try KindName.check(text)
            return text
        }
    }
}

extension Schema {
    static let queueName = Schema.text(pattern: "^[A-Za-z0-9._-]{1,64}$")
    /// Ids of batches and workflows, names of nodes and cron entries.
    static let name = Schema.text(pattern: "^[A-Za-z0-9._-]{1,64}$")
    static let dimension = Schema.text(pattern: "^[A-Za-z0-9._-]{1,32}$")
    static let jobID = Schema.text(pattern: "^[!-~]{1,128}$")
    static let tokenID = Schema.text(pattern: "^[a-z2-7]{10}$")
    static let kindName = Schema.text(shortest: 1, longest: 128)
    /// A number of attempts, jobs or the like.
    static let counts = 1...1_000_000_000
    static let count = Schema.range(counts.lowerBound, counts.upperBound)
    static let duration = Schema.text(
        pattern: "^\(units(["w", "d", "h", "m", "s", "ms"]))$", shortest: 1)

    /// Numbers with these units, in this order, each at most once.
    private static func units(_ units: [String]) -> String {
        units.map { "(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)\($0))?" }.joined()
    }

    static let moment = Schema.anyOf([.time, .number]).saying("RFC 3339, or seconds since 1970.")
    static let states = Schema.words(JobState.self)
}
