import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

@testable import SluiceWeb

/// `/metrics` of a built server.
@Suite(.timeLimit(.minutes(5)))
struct ServerMetricsTests {
    private static let promtool = Scripts.program("promtool")

    private static let missing: Comment = "promtool is not in PATH; Debian's package prometheus has it"

    /// A queue that has each thing that there is a metric of.
    private func queues() async throws -> TestNamespace {
        let queues = try await TestNamespace(on: try await RedisTestServer.start(), clock: .server)
        let client = try await queues.client()
        let request = try JobRequest(kind: "email", queue: "mail", arguments: "{}")
        try await client.enqueue([request])
        try await client.crontab(of: "mail").add(Cron("daily", schedule: "0 7 * * *", zone: "UTC", request: request))
        await client.close()
        let inspector = Inspector(queues.store)
        try await inspector.override("depth", to: "100", in: "mail")
        try await inspector.switchDependency("smtp", on: false, in: "mail")
        return queues
    }

    @Test(.enabled(if: promtool != nil, missing))
    func promtoolFindsNothing() async throws {
        let queues = try await queues()
        let server = try await ServerProcess(queues, try ServerFiles())
        try await Visitor.visiting { visitor async throws in
            try await visitor.logIn(server.url)
            let whole = try await visitor.read("\(server.url)/metrics").text
            #expect(whole.contains("\nsluice_up 1\n"))
            #expect(try await Self.check(whole) == "")
            try await queues.server.kill()
            let down = try await visitor.wait(reading: "\(server.url)/metrics") { $1.contains("\nsluice_up 0\n") }.text
            #expect(try await Self.check(down) == "")
        }
        await server.killAndWait()
    }

    @Test func theArticleHasEveryMetricThatIsExported() async throws {
        let queues = try await queues()
        let server = try await ServerProcess(queues, try ServerFiles())
        let told = try Self.table()
        try await Visitor.visiting { visitor async throws in
            try await visitor.logIn(server.url)
            let text = try await visitor.read("\(server.url)/metrics").text
            let types = text.matches(of: /# TYPE (\w+) (\w+)\n/).map { (String($0.1), String($0.2)) }
            #expect(Dictionary(uniqueKeysWithValues: types) == told)
        }
        #expect(Set(told.keys) == Set(QueueMetrics.help.keys).union(["sluice_metrics_dropped_total"]))
        await server.killAndWait()
    }

    /// The names and types in the table of the article.
    private static func table() throws -> [String: String] {
        let article = try String(
            contentsOf: Scripts.package.appending(path: "Sources/Sluice/Sluice.docc/Running/Metrics.md"), encoding: .utf8)
        let section = article.components(separatedBy: "\n## ").first { $0.hasPrefix("What the dashboard exports\n") }
        let rows = try #require(section).matches(of: /\n\| `(sluice_[a-z_]+)` \| ([a-z]+) \|/)
        return Dictionary(uniqueKeysWithValues: rows.map { (String($0.1), String($0.2)) })
    }

    /// What promtool says of a page; "" if it finds nothing.
    private static func check(_ page: String) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(try #require(promtool))), arguments: ["check", "metrics"], input: .string(page),
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        let said = result.standardOutput + result.standardError
        #expect(result.terminationStatus.isSuccess, "\(said)")
        return said
    }
}
