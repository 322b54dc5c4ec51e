import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SluiceCore
import SluiceInspector
import SluiceStore

extension Dashboard {
    /// The most bytes of a form.
    static let longestForm = 256 * 1024

    /// Answers a request of a route: checks who asks, where the request comes from and what it may do, and turns every error into
    /// an answer that people understand.
    func answer(_ request: Request, _ context: some RequestContext, at site: Site, _ route: Route) async -> Response {
        var response: Response
        let address = Self.address(of: request, context)
        do {
            response = try await checkedAnswer(request, context, address, at: site, route)
        } catch {
            let known = await principal(of: request, from: address)
            response = page(for: Self.webError(error, context), at: site, principal: known)
        }
        Headers.protect(&response)
        return response
    }

    /// Answers what no route matches.
    func answerNothing(_ request: Request, _ context: some RequestContext) async -> Response {
        var response: Response
        if let principal = await principal(of: request, from: Self.address(of: request, context)), let site = sites.first {
            let isOpenMethod = request.method == .get || request.method == .head
            response = page(
                for: isOpenMethod
                    ? .notFound("This page") : WebError(.methodNotAllowed, "That cannot be sent here", "Nothing was changed."),
                at: site, principal: principal)
        } else {
            response = refusal(of: request)
        }
        Headers.protect(&response)
        return response
    }

    private func checkedAnswer(
        _ request: Request, _ context: some RequestContext, _ address: String, at site: Site, _ route: Route
    ) async throws -> Response {
        let known =
            if let holder = try await holder(of: request, route, at: site) { Optional(holder) } else {
                await principal(of: request, from: address)
            }
        guard let principal = known else {
            // A program would take a page to log in for its answer.
            if route.takesTokens, request.headers[.authorization] != nil { throw Self.wrongToken }
            return refusal(of: request)
        }
        guard CrossOrigin.allows(request, trusted: options.trustedOrigins) else {
            throw WebError(
                .forbidden, "This request came from another site",
                "Nothing was changed. If a proxy changes the name of the host, tell the server the origin that people use."
            )
        }
        let isReadOnly = options.isReadOnly && request.method != .get && request.method != .head
        if isReadOnly { throw WebError(.forbidden, "This dashboard is read-only", "Nothing was changed.") }
        guard principal.role >= route.role else {
            throw WebError(
                .forbidden, "Your role does not allow this",
                "This needs the role \(route.role.rawValue). \(principal.name) has the role \(principal.role.rawValue).")
        }
        let path = Dictionary(
            context.parameters.map { (String($0.key), Form.decoded(String($0.value), plusIsSpace: false)) }
        ) { first, _ in first }
        return try await route.answer(
            WebRequest(
                raw: request, path: path, query: Form(request.uri.query ?? ""), form: try await form(of: request),
                principal: options.isReadOnly ? Principal(name: principal.name, role: .viewer) : principal, address: address,
                site: site, links: links(to: site), frame: frame(of: site)))
    }

    private static let wrongToken = WebError(
        .unauthorized, "This token does not count here",
        "A token for all queues and kinds is needed that has not expired and was not revoked.")

    /// Who asks with a token for all queues and kinds, where a route takes one.
    private func holder(of request: Request, _ route: Route, at site: Site) async throws -> Principal? {
        guard route.takesTokens, let secret = request.headers[.authorization].flatMap(Self.bearer),
            let token = try await site.tokens.token(secret, site.inspector), token.queues.isEmpty, token.kinds.isEmpty
        else { return nil }
        return Principal(name: "token:\(token.name)", role: token.role)
    }

    /// Reads a form.
    func form(of request: Request) async throws -> Form {
        guard request.method == .post else { return Form() }
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard type == nil || type == "application/x-www-form-urlencoded" else {
            throw WebError(.unsupportedMediaType, "That is not a form", "A form is sent as application/x-www-form-urlencoded.")
        }
        do {
            return Form(String(buffer: try await request.body.collect(upTo: Self.longestForm)))
        } catch is NIOTooManyBytesError {
            throw WebError(.contentTooLarge, "That is too much at once", "A form has at most 256 kB. Nothing was changed.")
        }
    }

    /// The sender of a request; nil if the sender is not known.
    func principal(of request: Request, from address: String) async -> Principal? {
        switch access.method {
        case .open(let role):
            return CrossOrigin.isLoopback(request.head.authority) ? Principal(name: "local", role: role) : nil
        case .users(let users, let sessions):
            return request.cookies[Sessions.cookie].flatMap { sessions.principal(of: $0.value, among: users()) }
        case .proxy(let proxy): return proxy.principal(of: request, from: address)
        case .custom(let principal): return await principal(request)
        }
    }

    /// The answer to an unknown sender.
    func refusal(of request: Request) -> Response {
        let links = Links(base: options.path, site: options.path)
        if access.hasLogin, request.method == .get || request.method == .head {
            return .redirect(to: links.shared("login", query: [("next", request.uri.string)]))
        }
        let error =
            if case .open = access.method {
                WebError(
                    .forbidden, "This dashboard is for this machine alone",
                    "It has no users, so it answers only requests to localhost. Configure users to open it to other machines.")
            } else {
                WebError(.unauthorized, "Unknown user", "The request does not name a user that this server knows.")
            }
        return PageLayout.document(
            status: error.status,
            markup: PageLayout.markup(Self.errorPage(error), links: links, frame: frame(of: sites[0]), principal: nil))
    }

    /// A page that tells what is wrong.
    func page(for error: WebError, at site: Site, principal: Principal?) -> Response {
        var response = PageLayout.document(
            status: error.status,
            markup: PageLayout.markup(
                Self.errorPage(error), links: links(to: site), frame: frame(of: site), principal: principal))
        if let seconds = error.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }

    private static func errorPage(_ error: WebError) -> Page {
        Page(
            title: error.title, section: nil, status: error.status,
            content: "<h1>\(error.title)</h1>\n<p>\(error.detail)</p>\n<p class=\"soft\">Status \(error.status.code)</p>")
    }

    func frame(of site: Site) -> PageFrame {
        PageFrame(
            sites: sites.count < 2
                ? []
                : sites.map { .init(name: $0.name, address: links(to: $0).to(), isCurrent: $0.name == site.name) },
            badge: site.description.badge, badgeColor: site.description.color, version: SluiceVersion.text,
            hasLogin: access.hasLogin)
    }

    static func webError(_ error: any Error, _ context: some RequestContext) -> WebError {
        switch error {
        case let error as WebError: return error
        case let error as SluiceError: return WebError(error)
        case is CancellationError: return WebError(.serviceUnavailable, "This server is stopping", retryAfter: 5)
        default:
            // Nothing of it is shown: it may hold secrets.
            context.logger.error("a request failed", metadata: ["error": "\(error)"])
            return WebError(
                .internalServerError, "The server could not make this page", "The log of the server tells the reason.")
        }
    }

    static func address(of request: Request, _ context: some RequestContext) -> String {
        (context as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress ?? "unknown"
    }
}
