import HTTPTypes
import Hummingbird
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Pages as people of all roles read them.
struct PageFixture: DashboardFixture {
    /// What was answered.
    struct Answer {
        var status: Int
        var location: String?
        /// The markup.
        var body: String
        /// What people read: without markup, and with single blanks.
        var text: String {
            let plain = body.replacing(/<[^>]*>/, with: " ").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
                .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
            return plain.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }

        /// Whether people read this.
        func says(_ words: String) -> Bool { text.contains(words) }
    }

    let web: WebFixture

    /// - Parameter hasClient: whether the dashboard gets a client, without which it cannot change cron entries and workflows.
    init(on server: RedisTestServer? = nil, hasClient: Bool = true, keys: PayloadKeys? = nil) async throws {
        // The role is told by the request, so that one dashboard serves all roles.
        let access = DashboardAccess.custom { request in
            request.headers[.userAgent].flatMap(Role.init(rawValue:)).map { Principal(name: "ada", role: $0) }
        }
        web = try await WebFixture(on: server, access: access, hasClient: hasClient) { $0.keys = keys }
    }

    /// The page as it is now: pages and the snapshot are shared for a second or two, which a test does not wait for.
    func get(_ path: String, as role: Role = .viewer) async throws -> Answer {
        for site in dashboard.sites { await site.changed() }
        return try await getShared(path, as: role)
    }

    /// The page as a viewer gets it, who may share it with others.
    func getShared(_ path: String, as role: Role = .viewer) async throws -> Answer {
        Answer(try await web.get(path, [.userAgent: role.rawValue]))
    }

    /// Sends a form.
    @discardableResult
    func post(_ path: String, _ fields: [String: String] = [:], as role: Role = .operator) async throws -> Answer {
        Answer(try await web.post(path, fields.map { ($0.key, $0.value) }, [.userAgent: role.rawValue]))
    }

    var health: HealthTasks { dashboard.sites[0].health }

    /// Waits until a run that was begun has ended.
    func settled<Value>(_ run: SharedRun<Value>?) async throws {
        let run = try #require(run)
        _ = await run.standing(within: .seconds(3600), patience: .seconds(600)) { _ in throw CancellationError() }
    }

    /// Checks that a form is refused for a viewer, and changes nothing.
    func checkRefused(_ path: String, _ fields: [String: String] = [:], as role: Role = .viewer) async throws {
        let before = try await queues.dump()
        #expect(try await post(path, fields, as: role).status == 403)
        #expect(try await queues.dump() == before)
    }
}

extension PageFixture.Answer {
    fileprivate init(_ reply: WebFixture.Reply) {
        self.init(status: reply.status, location: reply.location, body: reply.text)
    }
}
