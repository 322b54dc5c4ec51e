import Hummingbird
import Logging
import NIOCore
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore

extension Dashboard {
    /// What the path of a request of the API has in front of the route.
    static let apiPath = "api/v1"
    /// What a body has besides the arguments of a job.
    private static let envelope = 64 * 1024
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    /// Adds the API of a site.
    func addAPI<Context: RequestContext>(of site: Site, to router: some RouterMethods<Context>) {
        let path = "\(links(to: site).site)/\(Self.apiPath)"
        for method in Self.methods {
            router.on(RouterPath("\(path)/**"), method: method) { request, context in
                await self.answerAPI(request, context, at: site)
            }
        }
    }

    /// The site whose API a path belongs to.
    func site(ofAPI path: String) -> Site? {
        sites.first { site in
            let base = "\(links(to: site).site)/\(Self.apiPath)"
            return path == base || path.hasPrefix(base + "/")
        }
    }

    /// Answers a request of the API: finds the route, checks who asks and what it may do, and turns every error into a problem.
    func answerAPI(_ request: Request, _ context: some RequestContext, at site: Site) async -> Response {
        var response: Response
        do {
            response = try await checkedAPIAnswer(request, Self.address(of: request, context), at: site)
        } catch {
            response = Self.problem(error, context).response
        }
        if request.method == .head { response = response.createHeadResponse() }
        Headers.protect(&response)
        return response
    }

    private func checkedAPIAnswer(_ request: Request, _ address: String, at site: Site) async throws -> Response {
        var grant = try await grant(of: request, from: address, at: site)
        let table = APITable.of(site)
        let links = links(to: site)
        let (route, path) = try Self.route(of: request, below: "\(links.site)/\(Self.apiPath)", in: table)
        if options.isReadOnly, route.method != .get {
            throw Problem(.forbidden, "readOnly", "this server is read-only")
        }
        try grant.require(route, in: path)
        // What is encrypted stays hidden on a server that only shows.
        if options.isReadOnly { grant.role = min(grant.role, .viewer) }
        let query = Form(request.uri.query ?? "")
        try Self.check(query, for: route)
        return try await route.answer(
            APIRequest(
                head: request.head, path: path, query: query, body: try await Self.body(of: request, for: route, at: site),
                grant: grant, site: site, links: links, table: table))
    }

    /// Who makes a request: a token, or a user of the pages.
    /// - Throws: ``Problem`` for an unknown sender, and for a browser that another site makes send it.
    private func grant(of request: Request, from address: String, at site: Site) async throws -> Grant {
        if let secret = request.headers[.authorization].flatMap(Self.bearer) {
            // What is no secret of ours may be for the proxy, or for the application.
            let isForeign =
                switch access.method {
                case .custom, .proxy: !secret.hasPrefix("sluice_")
                case .open, .users: false
                }
            if !isForeign {
                guard let token = try await site.tokens.token(secret, site.inspector) else {
                    throw Self.unauthorized("there is no such token, or it has expired")
                }
                return Grant(token, from: address)
            }
        }
        guard let principal = await principal(of: request, from: address) else { throw Self.unauthorized("this takes a token") }
        guard CrossOrigin.allows(request, trusted: options.trustedOrigins) else {
            throw Problem(.forbidden, "crossOrigin", "this request came from another site")
        }
        return Grant(principal, from: address)
    }

    /// The secret of a field `Bearer SECRET`.
    static func bearer(_ field: String) -> String? {
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static func unauthorized(_ detail: String) -> Problem {
        var problem = Problem(.unauthorized, "unauthorized", "\(detail): send Authorization: Bearer sluice_…")
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"sluice\""
        return problem
    }

    private static func route(
        of request: Request, below base: String, in table: APITable
    ) throws -> (APIRoute, [String: String]) {
        let segments = request.uri.path.dropFirst(base.count).split(separator: "/").map {
            Form.decoded(String($0), plusIsSpace: false)
        }
        switch table.match(request.method, segments) {
        case .route(let route, let path): return (route, path)
        case .otherMethods(let methods):
            let names = methods.map(\.rawValue).joined(separator: ", ")
            var problem = Problem(.methodNotAllowed, "methodNotAllowed", "this takes \(names)")
            problem.headers[.allow] = names
            throw problem
        case .nothing: throw Problem.notFound("there is nothing at this path: see \(base)/openapi.json")
        }
    }

    /// A field with a mistyped name would change what a filter covers.
    private static func check(_ query: Form, for route: APIRoute) throws {
        var seen: Set<String> = []
        for field in query.fields {
            guard let known = route.query.first(where: { $0.name == field.name }) else {
                throw Invalid("there is no field '\(field.name.prefix(80))' in the query of this route")
            }
            if field.value.isEmpty { throw Invalid("'\(field.name)' is empty") }
            if !seen.insert(field.name).inserted, !known.isRepeated { throw Invalid("'\(field.name)' comes twice") }
        }
        if let missing = route.query.first(where: { $0.isRequired && !seen.contains($0.name) }) {
            throw Invalid("'\(missing.name)' is missing from the query")
        }
    }

    /// - Throws: ``Problem`` for a body that is too large or of another type.
    private static func body(of request: Request, for route: APIRoute, at site: Site) async throws -> [UInt8] {
        guard let body = route.body else { return [] }
        let limit = body.limit ?? (site.description.client?.options.payloadLimit ?? 0) + envelope
        let tooLarge = Problem(.contentTooLarge, "tooLarge", "the body takes at most \(limit) bytes")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
        if buffer.readableBytes == 0 {
            if body.isRequired { throw Problem(.badRequest, "malformedJSON", "the body is empty") }
            return []
        }
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased().trimmingSpaces ?? ""
        let isKnown = type == "application/json" || body.mayBeLines && type == EnqueueRoutes.linesType
        guard isKnown, request.headers[.contentEncoding].map({ $0.lowercased() == "identity" }) ?? true else {
            let names = body.mayBeLines ? "application/json or \(EnqueueRoutes.linesType)" : "application/json"
            throw Problem(.unsupportedMediaType, "unsupportedMediaType", "the body is sent as \(names), not encoded")
        }
        return Array(buffer: buffer)
    }

    private static func problem(_ error: any Error, _ context: some RequestContext) -> Problem {
        switch error {
        case let error as Problem: return error
        case let error as Invalid: return Problem(error)
        case let error as SluiceError: return Problem(error)
        case let error as WebError: return Problem(error.status, "refused", error.detail)
        case is CancellationError:
            return Problem(.serviceUnavailable, "stopping", "this server is stopping", retryAfter: 5)
        default:
            // Nothing of it is shown: it may hold secrets.
            context.logger.error("a request of the API failed", metadata: ["error": "\(error)"])
            return Problem(.internalServerError, "internal", "the log of the server has the reason")
        }
    }
}

extension String {
    /// The text without spaces at its ends.
    fileprivate var trimmingSpaces: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
