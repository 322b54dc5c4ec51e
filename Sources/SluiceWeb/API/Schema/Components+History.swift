import SluiceCore
import SluiceInspector

extension Components {
    static let history: [(name: String, schema: Schema)] = [
        (
            "Forecast",
            .object([
                .required("queue", .string), .required("backlog", Schema.integer.saying("The jobs that wait for a worker.")),
                .required("running", .integer),
                .required("later", Schema.integer.saying("The jobs that wait for a time or for another job.")),
                .required("places", Schema.integer.saying("The places of all live workers.")),
                .required("arrivals_per_s", .number), .required("departures_per_s", .orNull(.number)),
                .required("answer", backlogAnswer), .required("bound", bound),
                .required(
                    "held",
                    Schema.array(.object([.required("code", .word(["off", "breaker"])), .required("lanes", .integer)])).saying(
                        "The dependencies that are off and the open breakers where lanes wait, whatever else limits the queue.")),
                .required(
                    "what_if",
                    .orNull(
                        .object([
                            .required("workers", .integer), .required("places", .integer), .required("answer", backlogAnswer),
                            .required("bound", bound),
                        ]))),
                .required("text", .array(.string)), .required("time", .time),
            ])
        ),
        (
            "JobForecast",
            .object([
                .required("queue", .string), .required("id", .string), .required("answer", jobAnswer), .required("bound", bound),
                .required(
                    "ahead",
                    Schema.orNull(.object([.required("least", .integer), .required("most", .integer)])).saying(
                        "The number of jobs that start before it.")),
                .required("text", .array(.string)), .required("time", .time),
            ])
        ),
        (
            "History",
            .object([
                .required("queue", .string), .required("by", .words(History.Step.self)), .required("time", .time),
                .required(
                    "points",
                    Schema.array(
                        .object([
                            .required("start", .time), .required("counts", .map(.integer)),
                            .required("kinds", .map(.reference("RunHistory"))),
                        ])
                    ).saying("The oldest first, also empty ones. The last one may be under way.")),
                .required("total", Schema.map(.reference("RunHistory")).saying("The runs of all points, by kind.")),
            ])
        ),
        (
            "RunHistory",
            .object([
                .required("runs", .integer), .required("failures", .integer), .required("outcomes", .map(.integer)),
                .required("duration_ms", percentiles), .required("wait_ms", percentiles),
            ])
        ),
    ]

    private static let percentiles = Schema.object([
        .required("p50", .orNull(.number)), .required("p95", .orNull(.number)), .required("p99", .orNull(.number)),
    ])

    /// What becomes of a backlog.
    private static let backlogAnswer = Schema.object(
        [.required("code", .word(["empty", "drains", "grows", "steady", "stalled", "no_data"]))] + span
            + [.optional("per_s", Schema.number.saying("By how much a backlog grows."))])

    /// What becomes of a job.
    private static let jobAnswer = Schema.object(
        [.required("code", .word(["starts", "running", "ended", "stalled", "no_data"]))] + span
            + [.optional("since", .time), .optional("state", .states)])

    private static let span: [Schema.Property] = [
        .optional("least_ms", Schema.integer.saying("With 'drains' and 'starts': the time until then, at least.")),
        .optional("most_ms", .integer),
    ]

    /// What limits the jobs that start. The other members depend on the code.
    private static let bound = Schema.object([
        .required(
            "code",
            .word([
                "nothing", "places", "concurrency", "rate", "lanes", "breaker", "off", "paused", "no_workers", "unknown_kind",
                "other_job",
            ]))
    ])
}
