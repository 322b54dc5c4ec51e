import HTTPTypes
import Hummingbird
import SluiceInspector
import Synchronization
import Testing

@testable import SluiceWeb

/// Every route with every role and several methods.
@Suite(.timeLimit(.minutes(5)))
struct RouteTests {
    /// The role of who asks next.
    private final class Known: Sendable {
        let role = Mutex(Role?.none)
    }

    /// The path of a route with something in place of its variables.
    private static func path(_ route: Route) -> String {
        "/" + route.path.split(separator: "/").map { $0.hasPrefix("{") ? "thing" : $0 }.joined(separator: "/")
    }

    @Test func noRouteIsOpenToALowerRole() async throws {
        let known = Known()
        let fixture = try await WebFixture(
            access: .custom { _ in known.role.withLock { $0 }.map { Principal(name: "somebody", role: $0) } })
        try await fixture.enqueue(["a"], in: "thing")
        #expect(Routes.all.count > 10)
        for route in Routes.all where route.path != "events" {
            for given in [nil, Role.viewer, .operator, .admin] {
                known.role.withLock { $0 = given }
                let path = Self.path(route)
                let reply = route.method == .get ? try await fixture.get(path) : try await fixture.post(path)
                let what: Comment = "\(route.method) \(path) as \(given?.rawValue ?? "nobody"): \(reply.status)"
                if let given {
                    #expect((reply.status == 403) == (given < route.role), what)
                } else {
                    #expect(reply.status == 401, what)
                }
                #expect(reply.status < 500, what)
                #expect(reply.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true, what)
                #expect(reply.headers[.xContentTypeOptions] == "nosniff", what)
            }
        }
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
