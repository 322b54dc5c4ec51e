import Hummingbird
import SluiceInspector

/// One route: what it matches, who may use it, and what answers it. All routes of the dashboard are values of this type, so that a
/// test goes through every one of them.
struct Route: Sendable {
    var method: HTTPRequest.Method
    /// The path below the site, such as `queues/{queue}`.
    var path: String
    /// The least role.
    var role: Role
    /// Whether a program may use it with a token, as it uses the API.
    var takesTokens = false
    var answer: @Sendable (WebRequest) async throws -> Response

    /// A page for all roles.
    static func page(
        _ path: String, role: Role = .viewer, _ page: @escaping @Sendable (WebRequest) async throws -> Page
    ) -> Self {
        Self(method: .get, path: path, role: role) { request in
            try await request.site.pages.response(to: request) { try await page(request) }
        }
    }

    /// A form that changes something. It answers with the address of the page to show next.
    static func action(
        _ path: String, role: Role = .operator, _ action: @escaping @Sendable (WebRequest) async throws -> String
    ) -> Self {
        Self(method: .post, path: path, role: role) { request in .redirect(to: try await action(request), type: .normal) }
    }

    /// A form that answers with a page at once, such as a preview.
    static func form(
        _ path: String, role: Role = .operator, _ page: @escaping @Sendable (WebRequest) async throws -> Page
    ) -> Self {
        Self(method: .post, path: path, role: role) { request in PageLayout.response(try await page(request), to: request) }
    }
}
