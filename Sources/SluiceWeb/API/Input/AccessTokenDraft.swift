import SluiceCore
import SluiceInspector

/// A token as a body asks for it: the members have the names of the options of `sluice token create`.
struct AccessTokenDraft {
    /// The most queues, and the most kinds.
    static let mostScopes = 100

    var name = ""
    var role = Role.viewer
    var queues: [QueueName] = []
    var kinds: [String] = []
    var lifetime: Duration?
    var reason = ""

    /// An empty list is refused: it would mean all, and a program that found no queue would get a token for every queue.
    static let shape = Shape<AccessTokenDraft>([
        .required("name", Schema.name.saying("A label for people. Several tokens may have one name.")) {
            $1.name = try $0.name(of: "token")
        },
        .required("role", Schema.words(Role.self).saying("What its owner may do.")) { $1.role = try $0.word(Role.self) },
        .optional(
            "queues", Schema.array(.queueName, most: mostScopes, least: 1).saying("The queues that it is for. Default: all.")
        ) { $1.queues = try $0.scopes { try $0.parsed(QueueName.init(_:)) } },
        .optional(
            "kinds", Schema.array(.kindName, most: mostScopes, least: 1).saying("The kinds of jobs that it is for. Default: all.")
        ) { $1.kinds = try $0.scopes { try $0.kind() } },
        .optional("expires", Schema.duration.saying("The time after which it is refused, such as 90d. Default: never.")) {
            $1.lifetime = try $0.duration()
        },
        .optional("reason", .reason) { $1.reason = try $0.reason() },
    ])
}

extension JSONInput {
    /// A name that is checked as those of the tool are.
    fileprivate func name(of what: String) throws -> String {
        try parsed { text throws(SluiceError) in
            try checkName(text, of: what)
            return text
        }
    }

    /// A list with at least one value.
    fileprivate func scopes<Value>(_ read: (JSONInput) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        try forEachElement { position, element in
            if position == AccessTokenDraft.mostScopes {
                throw Invalid("at most \(AccessTokenDraft.mostScopes) are taken here")
            }
            values.append(try read(element))
        }
        if values.isEmpty { throw Invalid("at least one is expected here; leave the member out for all") }
        return values
    }
}
