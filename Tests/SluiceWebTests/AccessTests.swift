import Foundation
import HTTPTypes
import Hummingbird
import SluiceCore
import SluiceInspector
import Testing

@testable import SluiceWeb

@Suite(.timeLimit(.minutes(5)))
struct AccessTests {
    private static let secret = [UInt8](repeating: 7, count: 32)

    /// Made once: a hash takes a processor for long.
    private static let text = Result {
        """
        # people
        ada admin \(try PasswordHash(of: "correct horse"))

        vic viewer \(try PasswordHash(of: "battery staple"))
        """
    }

    private func users() throws -> Users { try Users(text: Self.text.get()) }

    /// Logs in, and returns the cookie.
    private func cookie(_ fixture: WebFixture, _ name: String, _ password: String) async throws -> HTTPFields {
        let reply = try await fixture.post("/login", [("name", name), ("password", password), ("next", "/jobs?state=executing")])
        #expect(reply.status == 303)
        #expect(reply.location == "/jobs?state=executing")
        let field = try #require(reply.headers[.setCookie])
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] { #expect(field.contains(part)) }
        return [.cookie: String(field.prefix { $0 != ";" })]
    }

    @Test func whoHasNotLoggedInSeesNothing() async throws {
        let fixture = try await WebFixture(access: .users(try users(), secret: Self.secret))
        try await fixture.enqueue(["secret-job"])
        for path in ["/", "/jobs", "/queues/mail", "/jobs/mail/secret-job", "/nothing"] {
            let reply = try await fixture.get(path)
            #expect(reply.status == 303)
            #expect(reply.location == "/login?next=\(Links.encoded(path))")
        }
        #expect(try await fixture.post("/queues/mail/pause").status == 401)
        #expect(try await fixture.inspector.status(of: "mail").pause == nil)
    }

    @Test func aCookieIsTheUsersUntilItExpires() async throws {
        let fixture = try await WebFixture(access: .users(try users(), secret: Self.secret))
        let ada = try await cookie(fixture, "ada", "correct horse")
        #expect(try await fixture.get("/", ada).text.contains("ada, admin"))
        for wrong in [
            "", "ada", "ada:9999999999:00", "ada:x:y",
            "vic:" + (ada[.cookie]?.split(separator: ":").dropFirst().joined(separator: ":") ?? ""),
        ] {
            #expect(try await fixture.get("/", [.cookie: "\(Sessions.cookie)=\(wrong)"]).status == 303)
        }
        let (sessions, users) = (Sessions(secret: Self.secret), try users())
        let old = try #require(
            sessions.cookie(for: "ada", among: users, at: .init(timeIntervalSinceNow: -Sessions.length - 1)))
        #expect(sessions.principal(of: old, among: users) == nil)
        #expect(try await fixture.get("/", [.cookie: "\(Sessions.cookie)=\(old)"]).status == 303)
        #expect(sessions.cookie(for: "gone", among: users) == nil)
        let fresh = try #require(sessions.cookie(for: "ada", among: users))
        #expect(sessions.principal(of: fresh, among: users)?.role == .admin)
        #expect(Sessions(secret: [1]).principal(of: fresh, among: users) == nil)
        // Who is no longer a user, or has another password.
        #expect(sessions.principal(of: fresh, among: try Users(text: "vic viewer \(PasswordHash(of: "x"))")) == nil)
        #expect(sessions.principal(of: fresh, among: try Users(text: "ada admin \(PasswordHash(of: "x"))")) == nil)
    }

    @Test func wrongPasswordsAreBounded() async throws {
        let fixture = try await WebFixture(access: .users(try users(), secret: Self.secret))
        for _ in 0..<LoginAttempts.most {
            let reply = try await fixture.post("/login", [("name", "ada"), ("password", "wrong")])
            #expect(reply.status == 401)
            #expect(reply.text.contains("The name or the password is wrong."))
        }
        let reply = try await fixture.post("/login", [("name", "ada"), ("password", "correct horse")])
        #expect(reply.status == 429)
        let wait = try #require(reply.headers[.retryAfter].flatMap { Int($0) })
        #expect(wait > 1 && wait <= 601)
        #expect(try await fixture.post("/login", [("name", "vic"), ("password", "battery staple")]).status == 303)
    }

    @Test func aNameAndAnAddressAreBoundedMoreLoosely() {
        let (attempts, start) = (LoginAttempts(), ContinuousClock.now)
        func fails(_ name: String, _ address: String, _ seconds: Int) -> Duration? {
            let (attempt, now) = (LoginAttempts.Attempt(name: name, address: address), start + .seconds(seconds))
            if let wait = attempts.begin(attempt, at: now) { return wait }
            attempts.end(attempt, isRight: false, at: now)
            return nil
        }
        for number in 0..<10 { #expect(fails("ada", "proxy", number) == nil) }
        #expect(fails("ada", "proxy", 10) == .seconds(590))
        #expect(fails("ada", "home", 10) == nil && fails("vic", "proxy", 10) == nil)
        for number in 0..<89 { #expect(fails("n\(number)", "proxy", 11) == nil && fails("ada", "a\(number)", 11) == nil) }
        #expect(fails("new", "proxy", 12) == .seconds(588) && fails("ada", "new", 12) == .seconds(588))
        #expect(fails("ada", "proxy", 600) == nil)
        let right = LoginAttempts.Attempt(name: "vic", address: "home")
        for _ in 0..<20 {
            #expect(fails("vic", "home", 700) == nil && attempts.begin(right, at: start + .seconds(700)) == nil)
            attempts.end(right, isRight: true, at: start + .seconds(700))
        }
    }

    @Test(arguments: ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a b"])
    func aLoginLeadsToNoOtherSite(next: String) async throws {
        let fixture = try await WebFixture(access: .users(try users(), secret: Self.secret))
        let reply = try await fixture.post("/login", [("name", "vic"), ("password", "battery staple"), ("next", next)])
        #expect(reply.location == "/")
    }

    @Test(arguments: [
        (["sec-fetch-site": "cross-site"], false), (["sec-fetch-site": "same-site"], false),
        (["sec-fetch-site": "same-origin"], true),
        (["sec-fetch-site": "none"], true), (["origin": "http://evil.example"], false), (["origin": "http://localhost"], true),
        (["origin": "null"], false), (["origin": "https://ops.example", "sec-fetch-site": "cross-site"], true), ([:], true),
    ]) func formsOfOtherSitesAreRefused(fields: [String: String], isTaken: Bool) async throws {
        let fixture = try await WebFixture(options: DashboardOptions(trustedOrigins: ["https://ops.example"]))
        try await fixture.enqueue(["a"])
        var headers = HTTPFields()
        for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
        let reply = try await fixture.post("/queues/mail/pause", [("reason", "x")], headers)
        #expect(reply.status == (isTaken ? 303 : 403))
        #expect(try await fixture.inspector.status(of: "mail").pause?.reason == (isTaken ? "x" : nil))
    }

    @Test(arguments: ["evil.example", "127.evil.example", "localhost.evil.example", "[::2]", "10.0.0.1"])
    func anOpenDashboardAnswersToThisMachineAlone(host: String) {
        #expect(!CrossOrigin.isLoopback(host))
        #expect(!CrossOrigin.isLoopback(host + ":7880"))
        for good in ["localhost", "127.0.0.1", "[::1]", "127.9.9.9"] {
            #expect(CrossOrigin.isLoopback(good))
            #expect(CrossOrigin.isLoopback(good + ":7880"))
        }
    }

    @Test func usersAreReadLineByLine() throws {
        let hash = try PasswordHash(of: "x").description
        #expect(try Users(text: "a viewer \(hash)\nb operator \(hash)").count == 2)
        for (text, line) in [
            ("a viewer", 1), ("\na boss \(hash)", 2), ("a viewer x", 1), ("a:b viewer \(hash)", 1),
            ("a viewer \(hash)\na admin \(hash)", 2),
            ("a viewer scrypt:2:AAAA:AAAA", 1),
        ] {
            let error = #expect(throws: Users.Invalid.self) { try Users(text: text) }
            #expect(error?.line == line)
            #expect(error?.reason.contains("scrypt:") == false)
        }
    }

    @Test func readOnlyWinsOverRoles() async throws {
        let fixture = try await WebFixture(options: DashboardOptions(isReadOnly: true))
        try await fixture.enqueue(["a"])
        #expect(try await fixture.post("/queues/mail/pause").status == 403)
        #expect(try await fixture.get("/queues/mail").text.contains("Pause…") == false)
        #expect(try await fixture.inspector.status(of: "mail").pause == nil)
    }
}
