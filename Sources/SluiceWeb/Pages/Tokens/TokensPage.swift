import HTTPTypes
import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The access tokens of the HTTP API, for those who may give access.
enum TokensPage {
    static let routes: [Route] = [
        .page("tokens", role: .admin) { try await page($0) }, .form("tokens", role: .admin) { try await create($0) },
        .action("tokens/{id}/revoke", role: .admin) { try await revoke($0) },
    ]

    private static let rows = 100

    private static func page(_ request: WebRequest) async throws -> Page {
        let (tokens, time) = try await request.inspector.tokens()
        let first = try request.number("from")
        let shown = tokens.dropFirst(first).prefix(rows)
        let hasMore = first + shown.count < tokens.count
        // A dashboard that only shows makes its users viewers.
        let mayAct = request.allows(.admin)
        let content: HTML = """
            <h1>Tokens</h1>
            <p class="sub">A program needs a token to use the HTTP API. Redis stores a digest of each secret, not the secret.</p>
            \(mayAct ? createForm(request.links) : nil)
            \(table(Array(shown), at: time, mayAct: mayAct, request.links))
            \(Parts.next(hasMore ? request.links.to("tokens", query: [("from", "\(first + shown.count)")]) : nil))
            """
        return Page(title: "Tokens", section: .tokens, command: "sluice token list", content: content)
    }

    private static func table(_ tokens: [AccessToken], at now: Date, mayAct: Bool, _ links: Links) -> HTML {
        if tokens.isEmpty { return Parts.empty("There is no token.") }
        var table = Table(
            "Tokens",
            [
                .init("Token"), .init("Role", .short), .init("Scope", .long), .init("Created", .short, isWide: true),
                .init("Last used", .short), .init("Expires", .short),
            ] + (mayAct ? [.init("Change", .short)] : []))
        table.rows = tokens.map { token in
            [
                "\(token.name)<br><span class=\"soft mono\">\(token.id)</span>", "\(token.role.rawValue)", "\(token.scope)",
                "\(Parts.time(token.created, at: now))<br><span class=\"soft\">\(token.author)</span>",
                token.used.map { Parts.time($0, at: now) } ?? "<span class=\"zero\">never</span>", end(of: token, at: now),
            ] + (mayAct ? [revokeForm(token, links)] : [])
        }
        return table.html
    }

    private static func end(of token: AccessToken, at now: Date) -> HTML {
        guard let end = token.expires else { return "never" }
        return token.isExpired(at: now) ? Parts.word(.quiet, "expired") : Parts.time(end, at: now)
    }

    // MARK: Forms

    private static func createForm(_ links: Links) -> HTML {
        let roles = Role.allCases.map { "<option>\($0.rawValue)</option>" as HTML }
        return """
            <details class="act"><summary>Create a token…</summary><form method="post" action="\(links.to("tokens"))">
            <div class="fields">
            <div><label for="name">Name</label><input id="name" name="name" maxlength="64" size="20" required></div>
            <div><label for="role">Role</label><select id="role" name="role">\(roles)</select></div>
            <div><label for="expires">Expires after</label><input id="expires" name="expires" size="10" placeholder="never"></div>
            </div>
            <div class="fields">
            <div><label for="queues">Queues, one per line (empty: all)</label><textarea id="queues" name="queues" rows="3" cols="28"></textarea></div>
            <div><label for="kinds">Kinds, one per line (empty: all)</label><textarea id="kinds" name="kinds" rows="3" cols="28"></textarea></div>
            </div>
            <p class="soft">A name has letters, digits, dots, dashes and underscores. A lifetime is written like 90d or 12h.</p>
            <label for="reason">Reason</label><input id="reason" name="reason" maxlength="500" size="40">
            <button class="first">Create the token</button></form></details>
            """
    }

    private static func revokeForm(_ token: AccessToken, _ links: Links) -> HTML {
        Parts.asks(
            "Revoke", to: links.to("tokens", token.id, "revoke"),
            meaning: "Programs that use \(token.name) are refused within a few seconds. A revoked token cannot be restored.",
            confirm: "Revoke \(token.name)", id: token.id, style: "danger")
    }

    // MARK: Actions

    private static func create(_ request: WebRequest) async throws -> Page {
        let draft = try TokenDraft(request.form)
        let (token, secret) = try await request.change { inspector throws(SluiceError) in
            try await inspector.createToken(
                draft.name, role: draft.role, queues: draft.queues, kinds: draft.kinds, expires: draft.lifetime)
        }
        let content: HTML = """
            <h1>The token \(token.name)</h1>
            <p>This is its secret. It is shown now and never again: copy it before you leave this page.</p>
            <pre tabindex="0">\(secret)</pre>
            <p><button class="js" hidden data-copy="\(secret)">Copy the secret</button></p>
            \(Parts.facts([
                ("Id", "<span class=\"mono\">\(token.id)</span>"), ("Role", "\(token.role.rawValue)"), ("Scope", "\(token.scope)"),
                ("Expires", token.expires.map { Parts.clock($0) } ?? "never"),
            ]))
            <p class="soft">A program sends it as <code>Authorization: Bearer</code> and the secret.</p>
            <p class="more">\(Parts.link(request.links.to("tokens"), "All tokens"))</p>
            """
        return Page(
            title: "The token \(token.name)", section: .tokens, command: "sluice token create" + draft.options, content: content)
    }

    private static func revoke(_ request: WebRequest) async throws -> String {
        let id = request.part("id")
        let token = try await request.change { inspector throws(SluiceError) in try await inspector.revokeToken(id) }
        if token == nil { throw WebError.notFound("This token", "It may already have been revoked. Nothing was changed.") }
        return request.links.to("tokens")
    }
}

extension AccessToken {
    /// What it is for: `all queues`, or `mail, images; only resize`.
    var scope: String {
        let names = queues.isEmpty ? "all queues" : queues.map(\.text).joined(separator: ", ")
        return names + (kinds.isEmpty ? "" : "; only " + kinds.joined(separator: ", "))
    }
}
