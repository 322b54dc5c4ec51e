import Hummingbird
import SluiceCore
import SluiceInspector

/// The access tokens of the API, for those who may give access.
enum TokenRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "tokens", role: .admin, reach: .namespace,
            summary: "List the access tokens, the oldest first, without their secrets.", name: "listTokens",
            answers: [.init(status: .ok, about: "Done.", schema: .array(.reference("Token")))]
        ) { request in
            let (tokens, time) = try await request.inspector.tokens()
            return APIResponse.json(.array(tokens.map { $0.json(at: time) }))
        },
        APIRoute(
            method: .post, path: "tokens", role: .admin, reach: .namespace,
            summary: "Create an access token. Its secret is in the answer, and is not shown again.", name: "createToken",
            body: .init(schema: AccessTokenDraft.shape.schema),
            answers: [.init(status: .created, about: "The token was created.", schema: .reference("TokenCreated"))],
            answer: create),
        APIRoute(
            method: .delete, path: "tokens/{token}", role: .admin, reach: .namespace,
            summary: "Revoke an access token. It cannot be brought back.", name: "revokeToken",
            query: [.one("reason", .reason, "The reason, for the log of actions.")],
            answers: [.init(status: .ok, about: "The token was revoked.", schema: .reference("TokenRevoked"))], answer: revoke),
    ]

    private static func create(_ request: APIRequest) async throws -> Response {
        let draft = try request.read(AccessTokenDraft.shape, into: AccessTokenDraft())
        let (token, secret) = try await request.change(reason: draft.reason) { inspector in
            try await inspector.createToken(
                draft.name, role: draft.role, queues: draft.queues, kinds: draft.kinds, expires: draft.lifetime)
        }
        return APIResponse.json(token.json(at: token.created).adding("secret", .string(secret)), status: .created)
    }

    private static func revoke(_ request: APIRequest) async throws -> Response {
        let (id, reason) = (request.part("token"), try request.reason())
        guard let token = try await request.change(reason: reason, { try await $0.revokeToken(id) }) else {
            throw Problem.notFound("there is no token '\(id.prefix(40))'; it may have been revoked already")
        }
        return APIResponse.json(["id": .string(token.id), "name": .string(token.name), "revoked": true])
    }
}
