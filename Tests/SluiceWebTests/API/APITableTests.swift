import Foundation
import HTTPTypes
import HummingbirdTesting
import SluiceCore
import SluiceInspector
import Testing

@testable import SluiceWeb

/// The table of routes, the router and the description of the API say the same.
struct APITableTests {
    /// The path of a route, with something in each variable part.
    static func filled(_ route: APIRoute, queue: String = "mail", id: String = "job-1") -> String {
        route.segments.map { segment -> String in
            switch segment {
            case .word(let word): word
            case .variable("queue"): queue
            case .variable("id"): id
            case .variable: "something"
            }
        }.joined(separator: "/")
    }

    @Test func theDocumentHasEachRouteAndNoOther() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let document = try #require(try await call(.get, "openapi.json").json as? [String: Any])
            #expect(document["openapi"] as? String == "3.1.0")
            let paths = try #require(document["paths"] as? [String: [String: Any]])
            let described = paths.flatMap { path, operations in operations.keys.map { "\($0) \(path)" } }
            let known = APITable.full.routes.map { "\($0.method.rawValue.lowercased()) /\($0.path)" }
            #expect(described.sorted() == known.sorted())
            let names = paths.values.flatMap { $0.values.compactMap { ($0 as? [String: Any])?["operationId"] as? String } }
            #expect(Set(names).count == known.count)
        }
    }

    /// Each variable of a path is a parameter, and each reference leads to a schema.
    @Test func theDocumentIsWhole() async throws {
        let text = String(decoding: OpenAPI(table: .full, base: "/api/v1").json.encoded(), as: UTF8.self)
        let schemas = Set(Components.all.map(\.name))
        #expect(schemas.count == Components.all.count)
        let references = Set(text.matches(of: /#\/components\/schemas\/([A-Za-z]+)/).map { String($0.1) })
        #expect(references == schemas)
        for route in APITable.full.routes {
            #expect(Set(route.parameters).count == route.parameters.count)
            #expect(!route.summary.isEmpty && route.summary.hasSuffix("."))
            #expect(route.role > .viewer || route.method == .get)
        }
    }

    @Test func theRouterKnowsEachRouteAndNoOther() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        try await fixture.serve { call async throws in
            for route in APITable.full.routes {
                let answer = try await call(route.method, Self.filled(route))
                #expect(answer.status == 401, "\(route.method) \(route.path)")
                #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
        }
        let open = try await APIFixture()
        try await open.serve { call async throws in
            for path in ["nothing", "queues/mail/nothing", "jobs/mail/a/b/c"] {
                let answer = try await call(.get, path)
                #expect(answer.status == 404)
                #expect(answer.string("code") == "notFound")
            }
            for path in Set(APITable.full.routes.map(\.path)).sorted() {
                let routes = APITable.full.routes.filter { $0.path == path }
                let allowed = Set(routes.map(\.method.rawValue)).union(routes.contains { $0.method == .get } ? ["HEAD"] : [])
                for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete, .options, .trace]
                where !allowed.contains(method.rawValue) {
                    let answer = try await call(method, Self.filled(routes[0]))
                    #expect(answer.status == 405, "\(method) \(path)")
                    let named = answer.headers[.allow]?.components(separatedBy: ", ") ?? []
                    #expect(Set(named) == allowed)
                }
            }
            // A method that the router does not know.
            let query = try await call(try #require(HTTPRequest.Method("QUERY")), "queues")
            #expect(query.status == 405)
            #expect(query.headers[.allow] == "GET, HEAD")
            #expect(query.headers[.contentType] == "application/problem+json")
        }
    }

    @Test func aSiteWithoutAClientReadsAndManagesOnly() async throws {
        let fixture = try await APIFixture(hasClient: false)
        try await fixture.serve { call async throws in
            #expect(try await call(.get, "queues").status == 200)
            #expect(try await call(.post, "jobs", "[]").status == 405)
            let document = try await call(.get, "openapi.json")
            #expect(!document.text.contains("enqueueMany"))
        }
    }

    @Test func headAnswersAsGetWithoutABody() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let answer = try await call(.head, "queues")
            #expect(answer.status == 200)
            #expect(answer.text.isEmpty)
            #expect(answer.headers[.contentLength] == "2")
        }
    }
}
