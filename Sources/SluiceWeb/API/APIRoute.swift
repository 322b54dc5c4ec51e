import Hummingbird
import SluiceInspector

/// One route of the API: what it matches, who may use it, what it takes and gives, and what answers it. The router and the
/// description of the API are both made from these values.
struct APIRoute: Sendable {
    /// A field of the query.
    struct Query: Sendable {
        var name: String
        var schema: Schema
        var isRepeated = false
        var isRequired = false
        var about: String

        static func one(_ name: String, _ schema: Schema, _ about: String) -> Self {
            Self(name: name, schema: schema, about: about)
        }

        static func required(_ name: String, _ schema: Schema, _ about: String) -> Self {
            Self(name: name, schema: schema, isRequired: true, about: about)
        }

        static func many(_ name: String, _ schema: Schema, _ about: String) -> Self {
            Self(name: name, schema: schema, isRepeated: true, about: about)
        }
    }

    /// What a request carries.
    struct Body: Sendable {
        /// The limit of small bodies, in bytes.
        static let small = 256 * 1024

        var schema: Schema
        var isRequired = true
        /// The most bytes; nil for that of one job.
        var limit: Int? = small
        /// Whether it may also be lines of JSON.
        var mayBeLines = false
    }

    /// An answer that is no problem.
    struct Answer: Sendable {
        var status: HTTPResponse.Status
        var about: String
        var schema: Schema
        /// Whether it can also be an event stream.
        var mayStream = false
        /// Whether it is an event stream and nothing else.
        var isStream = false
    }

    var method: HTTPRequest.Method
    /// The path below `/api/v1`, such as `queues/{queue}`.
    var path: String
    /// The least role.
    var role: Role
    var reach: Reach
    /// The operation in a few words; the first line of its description.
    var summary: String
    /// The name of the operation in generated clients.
    var name: String
    var query: [Query] = []
    var body: Body?
    var answers: [Answer]
    /// The statuses of problems that this route has besides those of all routes.
    var problems: [HTTPResponse.Status] = []
    /// Whether the site needs a client.
    var needsClient = false
    var answer: @Sendable (APIRequest) async throws -> Response

    /// The segments of the path.
    var segments: [Segment] { path.split(separator: "/").map(Segment.init) }

    /// The names of the variable parts of the path.
    var parameters: [String] {
        segments.compactMap { segment in
            if case .variable(let name) = segment { name } else { nil }
        }
    }

    /// A part of a path.
    enum Segment: Hashable, Sendable {
        case word(String)
        case variable(String)

        init(_ text: Substring) {
            self = text.hasPrefix("{") ? .variable(String(text.dropFirst().dropLast())) : .word(String(text))
        }
    }
}

extension APIRoute {
    /// A route that reads.
    static func get(
        _ path: String, _ name: String, _ summary: String, reach: Reach, query: [Query] = [], gives: Schema,
        _ answer: @escaping @Sendable (APIRequest) async throws -> Response
    ) -> APIRoute {
        APIRoute(
            method: .get, path: path, role: .viewer, reach: reach, summary: summary, name: name, query: query,
            answers: [Answer(status: .ok, about: "Done.", schema: gives)], answer: answer)
    }

    /// A route that acts.
    static func post(
        _ path: String, _ name: String, _ summary: String, role: Role = .operator, reach: Reach, takes body: Body? = nil,
        gives: Schema, needsClient: Bool = false, _ answer: @escaping @Sendable (APIRequest) async throws -> Response
    ) -> APIRoute {
        APIRoute(
            method: .post, path: path, role: role, reach: reach, summary: summary, name: name, body: body,
            answers: [Answer(status: .ok, about: "Done.", schema: gives)], needsClient: needsClient, answer: answer)
    }
}
