import SluiceCore
import SluiceInspector

extension Components {
    static let tokens: [(name: String, schema: Schema)] = [
        ("Token", .object(token)),
        (
            "TokenCreated",
            .object(token + [.required("secret", Schema.string.saying("What the owner sends. It is not shown again."))])
        ),
        (
            "TokenRevoked",
            .object([.required("id", .tokenID), .required("name", .string), .required("revoked", .boolean)])
        ),
    ]

    private static let token: [Schema.Property] = [
        .required("id", .tokenID), .required("name", .string), .required("role", .words(Role.self)),
        .required("queues", Schema.array(.string).saying("The queues that it is for; empty for all.")),
        .required("kinds", Schema.array(.string).saying("The kinds of jobs that it is for; empty for all.")),
        .required("by", .string), .required("created", .time), .required("expires", .orNull(.time)),
        .required("expired", .boolean),
        .required("used", Schema.orNull(.time).saying("The last use, to the minute; null if there was none.")),
    ]
}
