import HTTPTypes
import Hummingbird
import Logging
import SluiceCore
import SluiceInspector

extension Dashboard {
    func showLogin(_ request: Request, _ context: some RequestContext) async -> Response {
        let query = Form(request.uri.query ?? "")
        return loginPage(next: query["next"], problem: nil, status: .ok)
    }

    /// Checks a name and a password, and sets the cookie.
    func logIn(_ request: Request, _ context: some RequestContext) async -> Response {
        guard case .users(let users, let sessions) = access.method else { return refusal(of: request) }
        let form: Form
        do {
            form = try await self.form(of: request)
        } catch {
            return loginPage(next: nil, problem: Self.webError(error, context).title, status: .badRequest)
        }
        let next = form["next"]
        guard CrossOrigin.allows(request, trusted: options.trustedOrigins) else {
            return loginPage(next: next, problem: "This request came from another site.", status: .forbidden)
        }
        let name = form["name"] ?? ""
        let attempt = LoginAttempts.Attempt(name: String(name.prefix(64)), address: Self.address(of: request, context))
        if let wait = attempts.begin(attempt) {
            var response = loginPage(
                next: next, problem: "Too many attempts. Try again in \(HumanText.duration(wait)).", status: .tooManyRequests)
            response.headers[.retryAfter] = "\(wait.milliseconds / 1000 + 1)"
            return response
        }
        // It takes 0.1 s, for which no other request should wait.
        let present = users()
        let principal = await Task.detached { present.user(name, password: form["password"] ?? "") }.value
        attempts.end(attempt, isRight: principal != nil)
        guard let principal, let session = sessions.cookie(for: principal.name, among: present) else {
            context.logger.notice("a login was refused", metadata: ["address": "\(attempt.address)"])
            return loginPage(next: next, problem: "The name or the password is wrong.", status: .unauthorized)
        }
        var response = Response.redirect(to: safe(next))
        response.setCookie(cookie(session, lasts: Int(Sessions.length), request))
        Headers.protect(&response)
        return response
    }

    func logOut(_ request: Request, _ context: some RequestContext) async -> Response {
        var response = Response.redirect(to: Links(base: options.path, site: options.path).shared("login"))
        if CrossOrigin.allows(request, trusted: options.trustedOrigins) { response.setCookie(cookie("", lasts: 0, request)) }
        Headers.protect(&response)
        return response
    }

    private func cookie(_ value: String, lasts seconds: Int, _ request: Request) -> Cookie {
        Cookie(
            name: Sessions.cookie, value: value, maxAge: seconds, path: options.path.isEmpty ? "/" : options.path,
            secure: options.hasSecureCookies ?? (request.headers[Headers.forwardedProtocol] == "https"), httpOnly: true,
            sameSite: .strict)
    }

    /// The address to go to after the login, if it is one of this dashboard.
    private func safe(_ next: String?) -> String {
        let home = options.path.isEmpty ? "/" : options.path
        guard let next, next.hasPrefix("\(options.path)/"), !next.hasPrefix("//"), !next.contains("\\"),
            next.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return home }
        return next
    }

    private func loginPage(next: String?, problem: String?, status: HTTPResponse.Status) -> Response {
        let links = Links(base: options.path, site: options.path)
        let note: HTML? = problem.map { "<p class=\"wrong\" role=\"alert\">\($0)</p>" }
        let content: HTML = """
            <div class="login">
            <h1>Log in to Sluice</h1>
            \(note)
            <form method="post" action="\(links.shared("login"))">
            \(Parts.hidden([("next", next ?? "")]))
            <label for="name">Name</label><input id="name" name="name" autocomplete="username" required autofocus>
            <label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
            <button class="first">Log in</button>
            </form>
            </div>
            """
        var response = PageLayout.document(
            status: status,
            markup: PageLayout.markup(
                Page(title: "Log in", section: nil, content: content), links: links, frame: frame(of: sites[0]), principal: nil))
        Headers.protect(&response)
        return response
    }
}
