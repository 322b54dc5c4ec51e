import SluiceCore
import SluiceInspector

/// The schemas of what the API gives, by name. The values are those that the tool prints with `--json`.
enum Components {
    static let all: [(name: String, schema: Schema)] = enqueueing + jobs + queues + history + compositions + server + tokens

    private static func many(_ schema: Schema) -> Schema { .array(schema) }

    private static let enqueueing: [(name: String, schema: Schema)] = [
        ("Problem", Problem.schema), ("Enqueued", enqueued), ("EnqueuedMany", enqueuedMany),
    ]

    private static let enqueued = Schema.object([
        .required("queue", .string), .required("id", .string),
        .required("added", Schema.boolean.saying("False if the job, or an equal one, was there already.")),
        .optional("confirmed", Schema.boolean.saying("False if the replicas that were asked for have not confirmed it in time.")),
    ])

    private static let enqueuedMany = Schema.object([
        .required("added", .integer), .required("existing", .integer), .required("refused", .integer),
        .required(
            "jobs",
            Schema.array(
                .anyOf([.reference("Enqueued"), .object([.required("error", .reference("Problem"))])])
            ).saying("The outcome of each job, in order.")),
    ])

    private static let jobs: [(name: String, schema: Schema)] = [
        (
            "JobSummary",
            .object([
                .required("queue", .string), .required("id", .string), .required("state", .states), .required("kind", .string),
                .required("arguments", .any), .required("attempts", .integer), .required("at", .orNull(.time)),
                .required("worker", .orNull(.string)),
            ])
        ),
        (
            "JobPage",
            .object([.required("jobs", many(.reference("JobSummary"))), .required("next", .orNull(.string))])
        ),
        (
            "Job",
            .object([
                .required("queue", .string), .required("id", .string), .required("state", .states), .required("kind", .string),
                .required("arguments", .any), .required("version", .integer), .required("key", .orNull(.string)),
                .required("redacted", many(.string)), .required("partitions", .map(.string)),
                .required("needs", many(.string)), .required("lane", .string), .required("chain", .orNull(.string)),
                .required("chain_hold", .boolean), .required("priority", .integer), .required("attempts", .integer),
                .required("max_attempts", .orNull(.integer)), .required("timeout_ms", .orNull(.integer)),
                .required("max_waits", .orNull(.integer)), .required("crashes", .integer), .required("waits", .integer),
                .required("errors", many(failure)), .required("progress", .any), .required("result", .any),
                .required("run", .any), .required("created_at", .orNull(.time)), .required("due_at", .orNull(.time)),
                .required("started_at", .orNull(.time)), .required("ended_at", .orNull(.time)),
                .required("deadline", .orNull(.time)), .required("time", .time), .required("links", .object([])),
                .required("unique", .any), .required("steps", many(.object([]))),
            ])
        ),
        (
            "JobResult",
            .object([
                .required("queue", .string), .required("id", .string), .required("state", .states),
                .required("result", Schema.any.saying("What the handler returned; null if it was not kept.")),
                .required("error", Schema.orNull(.string).saying("The last error of a job that failed.")),
                .required("ended_at", .orNull(.time)),
            ])
        ),
        (
            "Explanation",
            .object([
                .required("queue", .string), .required("id", .string),
                .required("reasons", many(.object([.required("code", .string), .required("text", .string)]))),
                .required("time", .time),
            ])
        ),
        (
            "ErrorGroup",
            .object([
                .required("kind", .string), .required("error", .string), .required("count", .integer),
                .required("example", .string),
            ])
        ),
        (
            "JobChanges",
            .object([
                .required("change", .string), .required("dry_run", .boolean),
                .optional(
                    "jobs",
                    many(
                        .object([
                            .required("id", .string), .required("queue", .orNull(.string)), .required("done", .boolean),
                            .required("result", .string),
                        ]))),
                .optional(
                    "queues",
                    many(
                        .object([
                            .required("queue", .string), .required("looked", .integer), .required("matched", .integer),
                            .optional("changed", .integer), .optional("cancelling", .integer), .optional("refused", .integer),
                            .optional(
                                "complete",
                                Schema.boolean.saying("False if the time was over: repeat the request for the rest.")),
                            .optional("groups", many(.reference("ErrorGroup"))),
                        ]))),
            ])
        ),
    ]

    private static let failure = Schema.object([
        .required("at", .orNull(.time)), .required("attempt", .integer), .required("worker", .string),
        .required("message", .string), .required("error", .any), .required("died_with", many(.string)),
    ])

    private static let queues: [(name: String, schema: Schema)] = [
        (
            "Queue",
            .object([
                .required("queue", .string), .required("states", .map(.integer)), .required("paused", .boolean),
                .required("paused_reason", .orNull(.string)), .required("paused_since", .orNull(.time)),
                .required("oldest_available_ms", .integer), .required("oldest_ms", .map(.integer)),
                .required("waiting", .integer), .required("depth_limit", .orNull(.integer)), .required("lanes", .integer),
                .required("workers", .integer), .required("keeps", .object([])), .required("totals", .map(.integer)),
                .required("time", .time), .optional("restrictions", .object([])),
            ])
        ),
        (
            "Paused",
            .object([.required("queue", .string), .required("paused", .boolean), .required("changed", .boolean)])
        ),
        (
            "Drained",
            .object([.required("queue", .string), .required("drained", .boolean), .required("left", .integer)])
        ),
        (
            "Worker",
            .object([
                .required("worker", .string), .required("queue", .string), .required("jobs", .integer),
                .required("lease_ms", .integer),
                .required("version", Schema.orNull(.string).saying("The version that its program tells, if it tells one.")),
                .required("info", .any),
            ])
        ),
        (
            "Limits",
            .object([
                .required("queue", .string), .required("deploy", .integer), .required("declared_version", .integer),
                .required("declared", .map(.string)), .required("overrides", many(override)),
                .required("effective", .map(.string)), .required("running", .integer),
                .required("next_start_ms", .orNull(.integer)), .required("migrating", .boolean),
                .required("gates", many(.object([.required("gate", .string), .required("running", .integer)]))),
                .required("time", .time),
            ])
        ),
        (
            "LimitSet",
            .object([
                .required("queue", .string), .required("name", .string), .required("value", .string),
                .required("for_ms", .orNull(.integer)),
            ])
        ),
        (
            "LimitCleared",
            .object([.required("queue", .string), .required("name", .string), .required("changed", .boolean)])
        ),
        (
            "Dependency",
            .object([
                .required("dependency", .string), .required("queue", .orNull(.string)), .required("state", .string),
                .optional("off_since", .orNull(.time)), .optional("breaker", .string),
                .optional("open_until", .orNull(.time)), .optional("running", .integer), .optional("lanes_waiting", .integer),
            ])
        ),
        (
            "DependencySwitch",
            .object([
                .required("dependency", .string), .required("state", .string), .required("changed", .boolean),
                .required("queues", many(.string)),
            ])
        ),
        (
            "Cron",
            .object([
                .required("name", .string), .required("queue", .string), .required("expression", .string),
                .required("zone", .string), .required("kind", .string), .required("args", .any),
                .required("key", .orNull(.string)), .required("catch_up", .string), .required("overlap", .string),
                .required("jitter_ms", .integer), .required("start", .orNull(.time)), .required("end", .orNull(.time)),
                .required("limit", .orNull(.integer)), .required("runs", .integer), .required("next", .orNull(.time)),
                .required("paused", .any), .required("finished", .orNull(.time)), .required("source", .string),
                .required("declared", .boolean), .required("last", .any),
            ])
        ),
        (
            "CronTick",
            .object([
                .required("tick", .orNull(.time)), .required("until", .orNull(.time)), .required("count", .orNull(.integer)),
                .required("at", .orNull(.time)), .required("outcome", .string), .required("job", .orNull(.string)),
            ])
        ),
        (
            "NextTick",
            .object([
                .required("at", .time),
                .required("local", Schema.string.saying("The time by the clocks of the zone: Mon 2026-11-23 07:00:00 +01:00.")),
            ])
        ),
        (
            "CronPut",
            .object([
                .required("name", .string), .required("queue", .string),
                .required("result", .word(["added", "changed", "unchanged"])), .required("next", .orNull(.time)),
            ])
        ),
        (
            "CronChanged",
            .object([.required("name", .string), .required("queue", .string), .required("changed", .boolean)])
        ),
        ("CronRun", .object([.required("name", .string), .required("queue", .string), .required("id", .string)])),
    ]

    private static let override = Schema.object([
        .required("name", .string), .required("value", .string), .required("until", .orNull(.time)),
    ])
}
