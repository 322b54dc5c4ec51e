import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// A namespace, a client, and a dashboard over it that answers without a socket.
struct WebFixture {
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
    private let app: Application<RouterResponder<BasicRequestContext>>

    init(
        access: DashboardAccess = .open(.admin), options: DashboardOptions = DashboardOptions(), sites: [String] = ["main"],
        on server: RedisTestServer? = nil
    ) async throws {
        if let server { queues = try await TestNamespace(on: server, clock: .server) } else { queues = try await TestNamespace() }
        var clientOptions = SluiceClient.Options()
        clientOptions.namespace = queues.namespace
        client = try await SluiceClient(.url(queues.url), options: clientOptions)
        let inspector = Inspector(queues.store)
        self.inspector = inspector
        dashboard = try Dashboard(
            sites: sites.map { [client] in DashboardSite(name: $0, inspector: inspector, client: client) }, access: access,
            options: options)
        let router = Router(options: .autoGenerateHeadEndpoints)
        dashboard.addRoutes(to: router)
        app = Application(router: router)
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

    /// Enqueues jobs of a kind.
    func enqueue(
        _ ids: [String], kind: String = "email", in queue: QueueName = "mail", arguments: String = #"{"to":"a@b.c"}"#,
        _ change: (inout JobRequest) throws -> Void = { _ in }
    ) async throws {
        let requests = try ids.map { id in
            var request = try JobRequest(kind: kind, queue: queue, arguments: arguments)
            request.id = JobID(known: id)
            try change(&request)
            return request
        }
        #expect(try await client.enqueue(requests).added == ids.count)
    }

    /// How many functions were called on the server, which must be the test's own.
    func calls() async throws -> Int {
        let info = try #require(try await queues.store.info("commandstats"))
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
