import HTTPTypes
import Hummingbird
import SluiceInspector
import Synchronization
import Testing

@testable import SluiceWeb

/// Every route with every role and method.
@Suite(.timeLimit(.minutes(5)))
struct RouteTests {
    /// The role of who asks next.
    private final class Known: Sendable {
        let role = Mutex(Role?.none)
    }

    /// The path of a route with something in place of its variables.
    private static func address(_ path: String) -> String {
        "/" + path.split(separator: "/").map { $0.hasPrefix("{") ? "thing" : $0 }.joined(separator: "/")
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    /// What takes no role, besides the files: probes, and the way in and out.
    private static let open: [(HTTPRequest.Method, String)] = [
        (.get, "livez"), (.get, "readyz"), (.get, "login"), (.post, "login"), (.post, "logout"),
    ]

    /// The router has the routes that the tests of this file go through, and no other. The API has a table of its own, and tests.
    @Test func everyRouteIsInATable() async throws {
        let users = try Users(text: "")
        let fixture = try await WebFixture(access: .users(users, secret: [UInt8](repeating: 7, count: 32)))
        let router = Router()
        fixture.dashboard.addRoutes(to: router)
        let found = router.routes.map { "\($0.method.rawValue) \($0.path)" }
        var known: [(HTTPRequest.Method, String)] = Self.open
        known += Routes.all.map { ($0.method, $0.path) }
        known += Assets.all.map { (HTTPRequest.Method.get, "assets/\($0.name)") }
        known += Self.methods.map { ($0, "\(Dashboard.apiPath)/**") }
        #expect(found.sorted() == known.map { "\($0.0.rawValue) \(RouterPath($0.1))" }.sorted())
    }

    @Test func noRouteIsOpenToALowerRole() async throws {
        let known = Known()
        let fixture = try await WebFixture(
            access: .custom { _ in known.role.withLock { $0 }.map { Principal(name: "somebody", role: $0) } })
        try await fixture.enqueue(["a"], in: "thing")
        #expect(Routes.all.count > 10)
        for path in Set(Routes.all.map(\.path)).sorted() {
            for method in Self.methods {
                let route = Routes.all.first { $0.path == path && $0.method == (method == .head ? .get : method) }
                for given in [nil, Role.viewer, .operator, .admin] {
                    // A stream has no end.
                    if path == "events", method == .get, given != nil { continue }
                    known.role.withLock { $0 = given }
                    try await check(fixture, method, path, route, as: given)
                }
            }
        }
    }

    /// Checks the answer to a method of a path, which may be one that no route has.
    private func check(
        _ fixture: WebFixture, _ method: HTTPRequest.Method, _ path: String, _ route: Route?, as given: Role?
    ) async throws {
        let address = Self.address(path)
        let reply = method == .post ? try await fixture.post(address) : try await fixture.get(address, method: method)
        let what: Comment = "\(method) \(address) as \(given?.rawValue ?? "nobody"): \(reply.status)"
        if let given, let route {
            #expect((reply.status == 403) == (given < route.role), what)
            #expect(reply.status != 401 && reply.status != 405, what)
        } else if given != nil {
            #expect(reply.status == (method == .get || method == .head ? 404 : 405), what)
        } else {
            #expect(reply.status == 401, what)
        }
        #expect(reply.status < 500, what)
        #expect(reply.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true, what)
        #expect(reply.headers[.xContentTypeOptions] == "nosniff", what)
    }

    @Test func whatIsNotThereGetsAPage() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a"])
        for path in [
            "/nothing", "/queues/none", "/queues/a%20b", "/jobs/mail/none", "/jobs/a%2Fb/c", "/bulk/none", "/queues/mail/x/y",
        ] {
            let reply = try await fixture.get(path)
            #expect(reply.status == 404, "\(path)")
            #expect(reply.text.contains("was not found"), "\(path)")
            #expect(reply.headers[.contentSecurityPolicy] != nil, "\(path)")
        }
        #expect(try await fixture.post("/nothing").status == 405)
        for path in [
            "/jobs?state=nonsense", "/jobs?queue=a%20b", "/jobs?cursor=nonsense", "/jobs?older-than=1h", "/jobs?partition=x",
        ] {
            #expect(try await fixture.get(path).status == 400, "\(path)")
        }
    }

    @Test func bodiesAreBounded() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a"])
        let large = String(repeating: "x", count: Dashboard.longestForm + 1)
        #expect(try await fixture.post("/queues/mail/pause", [("reason", large)]).status == 413)
        #expect(try await fixture.send("/queues/mail/pause", "{}", type: "application/json").status == 415)
        #expect(try await fixture.inspector.status(of: "mail").pause == nil)
    }

    @Test func aPathAndSitesArePartsOfEachAddress() async throws {
        let fixture = try await WebFixture(options: DashboardOptions(path: "/ops/jobs"), sites: ["eu", "us"])
        try await fixture.enqueue(["a"])
        #expect(try await fixture.get("/ops/jobs").location == "/ops/jobs/eu")
        let page = try await fixture.get("/ops/jobs/us/queues/mail")
        #expect(page.status == 200)
        let links = page.text.matches(of: /(?:href|src|action|data-stream)="([^"]*)"/).map { String($0.1) }
        #expect(links.count > 20)
        for link in links where link != "#main" {
            #expect(link.hasPrefix("/ops/jobs/us") || link.hasPrefix("/ops/jobs/assets/") || link == "/ops/jobs/eu", "\(link)")
        }
    }
}
