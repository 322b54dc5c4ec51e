import SluiceCore
import SluiceInspector

extension Components {
    static let compositions: [(name: String, schema: Schema)] = [
        ("Workflow", .object(workflow)),
        ("WorkflowDetails", .object(workflow + [.required("graph", graph)])),
        ("WorkflowAdded", .object([.required("workflow", .string), .required("added", .boolean)])),
        ("Batch", .object(batch)),
        ("BatchDetails", .object(batch + batchDetails)),
        (
            "BatchAdded",
            .object([
                .required("batch", .string), .required("added", .integer), .required("existing", .integer),
                .required("duplicates", .integer),
            ])
        ),
    ]

    private static let graph = Schema.object([
        .required("nodes", .array(node)), .required("edges", .array(edge)), .required("cut", .boolean),
    ])

    private static let node = Schema.object([
        .required("node", .string), .required("state", .string), .required("queue", .orNull(.string)),
        .required("kind", .orNull(.string)), .required("job", .orNull(.string)),
    ])

    private static let edge = Schema.object([
        .required("from", .string), .required("to", .string), .required("on_failed", .string),
    ])

    private static let batchDetails: [Schema.Property] = [
        .required("parent", .orNull(.string)), .required("callbacks", .array(.object([]))),
        .required("waiting", .array(.string)),
    ]

    private static let workflow: [Schema.Property] = [
        .required("workflow", .string), .required("name", .string), .required("state", .words(WorkflowStatus.State.self)),
        .required("stopped", .orNull(.string)), .required("created", .orNull(.time)), .required("ended", .orNull(.time)),
        .required("deadline", .orNull(.time)), .required("nodes", .map(.integer)),
    ]

    private static let batch: [Schema.Property] = [
        .required("batch", .string), .required("name", .string), .required("state", .words(BatchStatus.State.self)),
        .required("created", .orNull(.time)), .required("sealed", .orNull(.time)), .required("finished", .orNull(.time)),
        .required("members", .map(.integer)),
    ]

    static let server: [(name: String, schema: Schema)] = [
        (
            "Grant",
            .object([
                .required("name", .string), .required("role", .words(Role.self)),
                .required("queues", .orNull(.array(.string))), .required("kinds", .orNull(.array(.string))),
            ])
        ),
        (
            "Diagnosis",
            .object([
                .required("healthy", .boolean),
                .required(
                    "findings",
                    .array(
                        .object([
                            .required("severity", .string), .required("queue", .orNull(.string)), .required("code", .string),
                            .required("what", .string), .required("cure", .string),
                        ]))),
                .required(
                    "parts",
                    .array(
                        .object([
                            .required("part", .string), .required("looked", .string), .required("unseen", .array(.string)),
                        ]))),
            ])
        ),
        (
            "Audit",
            .object([
                .required("clean", .boolean), .required("violations", .array(.object([]))), .required("checked", .integer),
                .required("complete", .boolean),
            ])
        ),
        (
            "Repairs",
            .object([
                .required("clean", .boolean), .required("done", .boolean),
                .required(
                    "repairs",
                    .array(
                        .object([
                            .required("queue", .string), .required("invariant", .string), .required("what", .string),
                            .required("cure", .orNull(.string)),
                        ]))),
            ])
        ),
        (
            "ActionPage",
            .object([.required("actions", .array(.object([]))), .required("next", .orNull(.string))])
        ),
    ]
}
