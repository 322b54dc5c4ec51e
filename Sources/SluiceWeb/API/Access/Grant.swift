import HTTPTypes
import SluiceCore
import SluiceInspector

/// Who makes a request of the API, and what it may do. All that limits a token is decided here.
struct Grant: Sendable, Hashable {
    /// Whom the log of actions names.
    var author: Operator
    var role: Role
    /// The queues that it is limited to; nil for all.
    var queues: Set<QueueName>?
    /// The kinds that it is limited to; nil for all.
    var kinds: Set<String>?

    /// What a page's user may do.
    init(_ principal: Principal, from address: String) {
        author = Operator(principal.name, via: .api, from: address)
        role = principal.role
    }

    /// What a token allows.
    init(_ token: AccessToken, from address: String) {
        author = Operator(token, from: address)
        role = token.role
        queues = token.queues.isEmpty ? nil : Set(token.queues)
        kinds = token.kinds.isEmpty ? nil : Set(token.kinds)
    }

    /// - Throws: ``Problem`` unless this may use a route.
    func require(_ route: APIRoute, in path: [String: String]) throws {
        guard role >= route.role else {
            throw Self.refusal("this needs the role \(route.role.rawValue), and \(author.name) has the role \(role.rawValue)")
        }
        switch route.reach {
        case .own, .jobs: break
        case .namespace: if queues != nil || kinds != nil { throw Self.refusal("this takes a token for all queues and kinds") }
        case .queues: try requireAllKinds("this")
        case .queue:
            try requireAllKinds("this")
            try requireQueue(of: path)
        case .jobsOfQueue: try requireQueue(of: path)
        }
    }

    /// - Throws: ``Problem`` unless this may do something with jobs of a kind in a queue.
    func require(_ queue: QueueName, kind: String) throws {
        try require(queue)
        if let kinds, !kinds.contains(kind) {
            throw Self.refusal("\(author.name) is not for jobs of kind \(JSONText.quoted(String(kind.prefix(128))))")
        }
    }

    /// - Throws: ``Problem`` unless this is for a queue.
    func require(_ queue: QueueName) throws {
        if let queues, !queues.contains(queue) { throw Self.refusal("\(author.name) is not for queue \(queue)") }
    }

    /// - Throws: ``Problem`` if this is limited to some kinds.
    func requireAllKinds(_ what: String) throws {
        if kinds != nil { throw Self.refusal("\(what) takes a token for all kinds") }
    }

    /// The kind that a filter covers.
    /// - Parameter asked: The kind that the request names.
    /// - Throws: ``Problem`` unless this is for that kind, or if it is for several and none is named.
    func kind(_ asked: String?) throws -> String? {
        guard let kinds else { return asked }
        guard let kind = asked ?? (kinds.count == 1 ? kinds.first : nil) else {
            throw Self.refusal("\(author.name) is for some kinds only: name one of them")
        }
        guard kinds.contains(kind) else {
            throw Self.refusal("\(author.name) is not for jobs of kind \(JSONText.quoted(String(kind.prefix(128))))")
        }
        return kind
    }

    /// The queues that a request covers, in order; nil for all there are.
    /// - Throws: ``Problem`` unless this is for all that the request names.
    func queues(_ asked: [QueueName]) throws -> [QueueName]? {
        for queue in asked { try require(queue) }
        return asked.isEmpty ? queues?.sorted() : asked
    }

    private func requireQueue(of path: [String: String]) throws {
        guard let queues else { return }
        guard let queue = try? QueueName(path["queue"] ?? ""), queues.contains(queue) else {
            throw Self.refusal("\(author.name) is not for this queue")
        }
    }

    private static func refusal(_ detail: String) -> Problem { Problem(.forbidden, "forbidden", detail) }
}
