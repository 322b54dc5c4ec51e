import Hummingbird
import SluiceCore
import SluiceInspector

/// Describes the API as OpenAPI 3.1, from the table that the router uses.
struct OpenAPI {
    let table: APITable
    /// The address of the API on this server.
    let base: String

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Sluice", "version": .string(SluiceVersion.text),
                "description": """
                Enqueues jobs, reads and manages queues. Errors are problems as in RFC 9457; 'code' is what programs branch on.
                """,
            ],
            "servers": [["url": .string(base)]],
            "security": [["token": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer",
                        "description": "A token as `sluice token create` and `POST /tokens` give it: sluice_…",
                    ]
                ],
                "schemas": .object(Components.all.map { .init(name: $0.name, value: $0.schema.json) }),
            ],
        ]
    }

    private var paths: [JSONValue.Member] {
        var order: [String] = []
        var items: [String: [JSONValue.Member]] = [:]
        for route in table.routes {
            if items[route.path] == nil { order.append(route.path) }
            items[route.path, default: []].append(
                .init(name: route.method.rawValue.lowercased(), value: operation(route)))
        }
        return order.map { .init(name: "/\($0)", value: .object(items[$0] ?? [])) }
    }

    private func operation(_ route: APIRoute) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "operationId", value: .string(route.name)), .init(name: "summary", value: .string(route.summary)),
            .init(name: "description", value: .string("Takes the role \(route.role.rawValue). \(route.reach.text)")),
        ]
        let parameters = route.parameters.map(Self.parameter) + route.query.map(Self.parameter) + headers(of: route)
        if !parameters.isEmpty { members.append(.init(name: "parameters", value: .array(parameters))) }
        if let body = route.body { members.append(.init(name: "requestBody", value: Self.body(body))) }
        members.append(.init(name: "responses", value: .object(Self.answers(route))))
        return .object(members)
    }

    private static func parameter(_ name: String) -> JSONValue {
        let schema: Schema
        switch name {
        case "queue": schema = .queueName
        case "id": schema = .jobID
        case "dependency": schema = .dimension
        case "token": schema = .tokenID
        default: schema = .name
        }
        return ["name": .string(name), "in": "path", "required": true, "schema": schema.json]
    }

    private static func parameter(_ query: APIRoute.Query) -> JSONValue {
        [
            "name": .string(query.name), "in": "query", "required": .bool(query.isRequired),
            "description": .string(query.about),
            "schema": (query.isRepeated ? Schema.array(query.schema) : query.schema).json,
        ]
    }

    private func headers(of route: APIRoute) -> [JSONValue] {
        guard route.name == "enqueue" else { return [] }
        return [
            [
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Becomes the id of the job, so that a repeated request adds nothing.", "schema": Schema.jobID.json,
            ]
        ]
    }

    private static func body(_ body: APIRoute.Body) -> JSONValue {
        var content: [JSONValue.Member] = [.init(name: "application/json", value: ["schema": body.schema.json])]
        if body.mayBeLines { content.append(.init(name: EnqueueRoutes.linesType, value: ["schema": ["type": "string"]])) }
        return ["required": .bool(body.isRequired), "content": .object(content)]
    }

    private static func answers(_ route: APIRoute) -> [JSONValue.Member] {
        let good = route.answers.map { answer -> JSONValue.Member in
            var content: [JSONValue.Member] = []
            if !answer.isStream { content.append(.init(name: "application/json", value: ["schema": answer.schema.json])) }
            if answer.mayStream || answer.isStream {
                content.append(.init(name: ServerEvent.type, value: ["schema": ["type": "string"]]))
            }
            return .init(
                name: "\(answer.status.code)",
                value: ["description": .string(answer.about), "content": .object(content)])
        }
        return good + [
            .init(
                name: "default",
                value: [
                    "description": "A problem.",
                    "content": ["application/problem+json": ["schema": Schema.reference("Problem").json]],
                ])
        ]
    }
}

extension Reach {
    /// What it means for tokens.
    fileprivate var text: String {
        switch self {
        case .own: "Any token may use it."
        case .namespace: "A token that is limited to some queues or kinds may not use it."
        case .queues: "A token for some queues sees those; a token for some kinds may not use it."
        case .queue: "The token is for this queue and for all kinds."
        case .jobsOfQueue, .jobs: "The token is for the queues and kinds of these jobs."
        }
    }
}
