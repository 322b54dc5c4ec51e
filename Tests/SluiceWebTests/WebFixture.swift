import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// A namespace, a client, and a dashboard over it that answers without a socket.
struct WebFixture: DashboardFixture {
    struct Reply: Sendable {
        var status: Int
        var text: String
        var headers: HTTPFields

        var location: String? { headers[.location] }
    }

    let queues: TestNamespace
    let client: SluiceClient
    let inspector: Inspector
    let dashboard: Dashboard
    let app: Application<RouterResponder<BasicRequestContext>>

    var web: WebFixture { self }

    /// - Parameters:
    ///   - server: A server of the test's own, whose clock the namespace follows.
    ///   - hasClient: Whether the dashboard gets a client, without which it cannot enqueue, or change cron entries and workflows.
    ///   - logger: That of the dashboard.
    ///   - change: Sets options of the client.
    init(
        _ clock: TestNamespace.Clock = .virtual, on server: RedisTestServer? = nil, access: DashboardAccess = .open(.admin),
        options: DashboardOptions = DashboardOptions(), sites: [String] = ["main"], hasClient: Bool = true,
        logger: Logger? = nil, _ change: (inout SluiceClient.Options) throws -> Void = { _ in }
    ) async throws {
        if let server {
            queues = try await TestNamespace(on: server, clock: .server)
        } else {
            queues = try await TestNamespace(clock: clock)
        }
        var settings = SluiceClient.Options()
        try change(&settings)
        let client = try await queues.client(settings)
        let inspector = Inspector(queues.store, keys: settings.keys)
        self.client = client
        self.inspector = inspector
        dashboard = try Dashboard(
            sites: sites.map { DashboardSite(name: $0, inspector: inspector, client: hasClient ? client : nil) },
            access: access, options: options)
        let router = Router(options: .autoGenerateHeadEndpoints)
        dashboard.addRoutes(to: router)
        app = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    }

    /// Asks for a page.
    func get(_ path: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get) async throws -> Reply {
        try await app.test(.router) { client in
            try await client.execute(uri: path, method: method, headers: headers) { Reply($0) }
        }
    }

    /// Sends a form.
    func post(_ path: String, _ fields: [(String, String)] = [], _ headers: HTTPFields = [:]) async throws -> Reply {
        let body = fields.map { Links.encoded($0.0) + "=" + Links.encoded($0.1) }.joined(separator: "&")
        return try await send(path, body, type: "application/x-www-form-urlencoded", headers)
    }

    /// Sends any body.
    func send(
        _ path: String, _ body: String, type: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .post
    ) async throws -> Reply {
        var headers = headers
        headers[.contentType] = type
        return try await app.test(.router) { [headers] client in
            try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body)) { Reply($0) }
        }
    }

    /// How many functions were called on the server, which must be the test's own.
    func calls() async throws -> Int {
        let info = try #require(try await store.info("commandstats"))
        return ["fcall", "fcall_ro"].reduce(0) { sum, name in
            sum + (info["cmdstat_\(name)"]?.firstMatch(of: /calls=(\d+)/).flatMap { Int($0.output.1) } ?? 0)
        }
    }
}

extension WebFixture.Reply {
    fileprivate init(_ response: TestResponse) {
        self.init(status: response.status.code, text: String(buffer: response.body), headers: response.headers)
    }
}
