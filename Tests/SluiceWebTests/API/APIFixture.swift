import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWeb
import SluiceWorker
import Testing

/// An answer of the API.
struct APIAnswer {
    var status: Int
    var headers: HTTPFields
    var text: String

    /// The body as JSON; null if it is none.
    var json: Any { (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) ?? NSNull() }

    /// A member of the body.
    subscript(name: String) -> Any? { (json as? [String: Any])?[name] }

    func string(_ name: String) -> String? { self[name] as? String }
}

/// The HTTP API, as programs call it.
struct APIFixture: DashboardFixture {
    let web: WebFixture

    init(
        _ clock: TestNamespace.Clock = .virtual, on server: RedisTestServer? = nil, access: DashboardAccess = .open(.admin),
        options: DashboardOptions = DashboardOptions(), hasClient: Bool = true,
        _ change: (inout SluiceClient.Options) throws -> Void = { _ in }
    ) async throws {
        web = try await WebFixture(
            clock, on: server, access: access, options: options, hasClient: hasClient,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, change)
    }

    /// Lets a client call the routes.
    func serve(
        _ framework: TestingSetup = .router, _ body: @escaping @Sendable (APICaller) async throws -> Void
    ) async throws {
        try await web.app.test(framework) { client in try await body(APICaller(client: client)) }
    }

    /// Lets a worker answer jobs of kind `greet` while `body` runs.
    func greeting(_ queue: QueueName, _ body: () async throws -> Void) async throws {
        let worker = Worker(client, queues: [Queue(queue, concurrency: 4)], options: WorkerOptions(grace: .zero))
        worker.handle(Greet.self) { job, _ in
            guard !job.name.isEmpty else { throw NoName() }
            return "Hello, \(job.name)"
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await body()
            group.cancelAll()
            try? await group.waitForAll()
        }
    }

    struct NoName: Error, CustomStringConvertible {
        var description: String { "nobody is greeted" }
    }
}

/// A job whose handler returns a greeting.
struct Greet: Job {
    static let kind = "greet"
    static let options = JobOptions(queue: "greetings", maxAttempts: 1, keepsResult: true)
    typealias Output = String
    var name: String
}

/// Calls the API of a fixture.
struct APICaller: Sendable {
    let client: any TestClientProtocol

    func callAsFunction(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String? = nil,
        type: String? = "application/json", headers: [(String, String)] = []
    ) async throws -> APIAnswer {
        var fields: HTTPFields = [:]
        if let body, !body.isEmpty, let type { fields[.contentType] = type }
        if let token { fields[.authorization] = "Bearer \(token)" }
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return try await client.execute(
            uri: "/api/v1/\(path)", method: method, headers: fields, body: body.map { ByteBuffer(string: $0) }
        ) { response in
            APIAnswer(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
        }
    }
}
