import Foundation
import HTTPTypes
import Hiredis
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

/// A dashboard of a namespace of its own, in which a test plays the worker.
struct PageFixture {
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

    let queues: TestNamespace
    let client: SluiceClient
    let inspector: Inspector
    let worker = WorkerID(host: "host", process: 7)
    let dashboard: Dashboard
    private let app: any ApplicationProtocol

    var store: Store { queues.store }

    /// - Parameter hasClient: whether the dashboard gets a client, without which it cannot change cron entries and workflows.
    init(on server: RedisTestServer? = nil, hasClient: Bool = true, keys: PayloadKeys? = nil) async throws {
        if let server {
            queues = try await TestNamespace(on: server, clock: .server)
        } else {
            queues = try await TestNamespace()
        }
        var options = SluiceClient.Options()
        options.keys = keys
        client = try await queues.client(options)
        inspector = Inspector(queues.store, keys: keys)
        let site = DashboardSite(inspector: inspector, client: hasClient ? client : nil)
        // The role is told by the request, so that one dashboard serves all roles.
        dashboard = try Dashboard(
            sites: [site],
            access: .custom { request in
                request.headers[.userAgent].flatMap(Role.init(rawValue:)).map { Principal(name: "ada", role: $0) }
            })
        let router = Router()
        dashboard.addRoutes(to: router)
        app = Application(router: router)
    }

    /// The page as it is now: pages and the snapshot are shared for a second or two, which a test does not wait for.
    func get(_ path: String, as role: Role = .viewer) async throws -> Answer {
        for site in dashboard.sites { await site.changed() }
        return try await getShared(path, as: role)
    }

    /// The page as a viewer gets it, who may share it with others.
    func getShared(_ path: String, as role: Role = .viewer) async throws -> Answer { try await send(.get, path, role, "") }

    /// Sends a form.
    @discardableResult
    func post(_ path: String, _ fields: [String: String] = [:], as role: Role = .operator) async throws -> Answer {
        let allowed = CharacterSet.alphanumerics
        func encoded(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: allowed) ?? "" }
        let body = fields.map { "\(encoded($0.key))=\(encoded($0.value))" }.joined(separator: "&")
        return try await send(.post, path, role, body)
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, _ role: Role, _ body: String) async throws -> Answer {
        try await app.test(.router) { client in
            try await client.execute(
                uri: path, method: method,
                headers: [.userAgent: role.rawValue, .contentType: "application/x-www-form-urlencoded"],
                body: method == .post ? ByteBuffer(string: body) : nil
            ) { response in
                Answer(
                    status: response.status.code, location: response.headers[.location], body: String(buffer: response.body))
            }
        }
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

    // MARK: Seeds

    /// Enqueues jobs by hand.
    func enqueue(
        _ ids: [String], in queue: QueueName = "mail", kind: String = "email", partitions: Partitions = [:],
        needs: [Dependency] = []
    ) async throws {
        let spec = JobSpec(kind: kind, arguments: Array("{}".utf8), partitions: partitions, needs: needs)
        let lane = try partitions.lane(needs: needs)
        let jobs = ids.map { NewJob(id: JobID(known: $0), spec: spec.encoded(), lane: lane) }
        try await store.register(queue)
        _ = try await store.call(Enqueue(producer: "p\(UInt64.random(in: .min ... .max))", number: 1, jobs: jobs), on: queue)
    }

    /// Makes a worker known.
    func join(
        _ worker: WorkerID? = nil, in queue: QueueName = "mail", lease: Duration = .seconds(7200),
        info: String = #"{"host":"host","pid":7,"concurrency":4,"kinds":["email"]}"#
    ) async throws {
        try await store.register(queue)
        _ = try await store.call(
            Resync(worker: worker ?? self.worker, session: 1, lease: lease, info: info, running: []), on: queue)
    }

    /// Claims jobs.
    @discardableResult
    func claim(_ count: Int, call: Int = 1, in queue: QueueName = "mail", _ settlements: [Settlement] = []) async throws
        -> [ClaimedJob]
    {
        let cycle = Cycle(
            worker: worker, session: 1, call: call, demand: count, idle: .seconds(10), settlements: settlements)
        return try await store.call(cycle, on: queue).jobs
    }
}
