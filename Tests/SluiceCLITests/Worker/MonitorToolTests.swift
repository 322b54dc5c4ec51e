import Foundation
import SluiceCore
import SluiceInspector
import SluicePrometheus
import SluiceTesting
import SluiceToolSupport
import Subprocess
import TestSupport
import Testing

@testable import SluiceCLI

/// `sluice worker --metrics-port` as a process, over HTTP.
@Suite(.timeLimit(.minutes(10)))
struct MonitorToolTests {
    /// Runs a worker whose pages are on a free port, and lends the port.
    private func worker(
        _ tool: Tool, _ command: String, _ options: [String] = [], _ body: (Tool.Child, Inspector, Int) async throws -> Void
    ) async throws -> TerminationStatus {
        let log = Tool.newPath()
        defer { unlink(log) }
        return try await tool.worker(command, ["--metrics-port", "0"] + options, after: "exec 2>\(log)") { child, inspector in
            let port = try await Self.wait { () -> Int? in
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                return text.firstMatch(of: /url=http:\/\/127\.0\.0\.1:(\d+)\/metrics\n/).flatMap { Int($0.1) }
            }
            try await body(child, inspector, port)
        }.status
    }

    /// Waits for what other processes do; each try runs a command, which is what lets time pass.
    private static func wait<Value>(for get: () async throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            if let value = try await get() { return value }
            _ = try await Subprocess.run(.name("true"), output: .discarded)
        }
        throw Failure("it did not happen within 300 s")
    }

    private static func wait(until path: String, _ port: Int, is status: Int, _ text: String) async throws {
        _ = try await wait { () -> Bool? in
            let answer = try await RawHTTP.get(path, port: port)
            let isLine = answer.body.split(separator: "\n").count == 1
            return answer.status == status && answer.body.hasPrefix(text) && isLine ? true : nil
        }
    }

    /// The names and types in a table of the article.
    private static func table(_ heading: String) throws -> [String: String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let article = try String(
            contentsOf: root.appending(path: "Sources/Sluice/Sluice.docc/Running/Metrics.md"), encoding: .utf8)
        let section = article.components(separatedBy: "\n## ").first { $0.hasPrefix(heading) } ?? ""
        let rows = section.matches(of: /\n\| `(sluice_[a-z_]+)` \| ([a-z]+) \|/).map { (String($0.1), String($0.2)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    @Test func theArticleHasEveryMetricThatIsExported() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--kind", "letter")
        _ = try await tool.run("enqueue", "mail", "--id", "b")
        let command = #"sh -c 'test "$SLUICE_JOB_ID" = a || exit 69'"#
        let told = try Self.table("What a worker exports")
        #expect(told.count > 10)
        let status = try await worker(tool, command) { child, inspector, port in
            _ = try await tool.job("a", inspector) { $0.state == .completed }
            // The gauges of the queue come with a reply, every five seconds.
            let text = try await Self.wait { () -> String? in
                let answer = try await RawHTTP.get("/metrics", port: port)
                #expect(answer.status == 200 && answer.head.contains("Content-Type: \(PrometheusMetrics.contentType)"))
                let isWhole = answer.body.contains("\nsluice_queue_jobs{") && answer.body.contains("\nsluice_dependency")
                return isWhole ? answer.body : nil
            }
            let types = text.matches(of: /# TYPE (\w+) (\w+)\n/).map { (String($0.1), String($0.2)) }
            #expect(Dictionary(uniqueKeysWithValues: types) == told)
            for line in [
                #"sluice_runs_ended_total{kind="letter",queue="mail",state="completed"} 1"#,
                #"sluice_run_duration_seconds_count{kind="letter",queue="mail"} 1"#,
                #"sluice_wait_duration_seconds_count{kind="letter",queue="mail"} 1"#,
                #"sluice_leases_lost_total{queue="mail"} 0"#, #"sluice_settlements_refused_total{queue="mail"} 0"#,
                #"sluice_build_info{library="\#(ToolVersion.libraryRevision)",version="\#(ToolVersion.text)"} 1"#,
            ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
            #expect(text.contains(#"sluice_dependency_failures_total{dependency="dependency",queue="mail"} "#))
            try child.send(signal: .terminate)
        }
        #expect(status == .exited(0))
        let explained = try told.merging(Self.table("What others export")) { $1 }.keys
        #expect(Set(explained) == Set(PrometheusMetrics.sluiceHelp.keys).union(["sluice_metrics_dropped_total"]))
    }

    @Test func redisThatIsAwayEndsReadinessOnly() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        let status = try await worker(tool, "cat") { child, inspector, port in
            try await Self.wait(until: "/readyz", port, is: 200, "ready")
            // It does not answer, then it is gone.
            try await server.suspend()
            try await Self.wait(until: "/readyz", port, is: 503, "Redis: ")
            #expect(try await RawHTTP.get("/livez", port: port).status == 200)
            try await server.resume()
            try await Self.wait(until: "/readyz", port, is: 200, "ready")
            try await server.stop()
            try await Self.wait(until: "/readyz", port, is: 503, "Redis: ")
            #expect(try await RawHTTP.get("/livez", port: port).status == 200)
            #expect(try await RawHTTP.get("/metrics", port: port).status == 200)
            try await server.restart()
            try await Self.wait(until: "/readyz", port, is: 200, "ready")
            try child.send(signal: .terminate)
        }
        #expect(status == .exited(0))
    }

    @Test func aWorkerThatStopsIsNotReady() async throws {
        let tool = try await Tool()
        let path = Tool.newPath()
        defer { unlink(path) }
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let command = "sh -c 'until test -e \(path); do sleep 0.05; done'"
        let status = try await worker(tool, command) { child, inspector, port in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            try await Self.wait(until: "/readyz", port, is: 200, "ready")
            try child.send(signal: .terminate)
            try await Self.wait(until: "/readyz", port, is: 503, "the worker stops")
            #expect(try await RawHTTP.get("/livez", port: port).status == 200)
            #expect(try await RawHTTP.get("/metrics", port: port).body.contains("sluice_worker_runs{queue=\"mail\"} 1\n"))
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            _ = try await tool.job("a", inspector) { $0.state == .completed }
        }
        #expect(status == .exited(0))
    }

    @Test func aPortInUseEndsTheWorkerBeforeItClaims() async throws {
        let tool = try await Tool()
        let status = try await worker(tool, "cat") { child, inspector, port in
            let second = try await Tool()
            _ = try await second.run("enqueue", "mail", "--id", "a")
            let result = try await second.run("worker", "mail", "--exec", "cat", "--metrics-port", "\(port)")
            #expect(result.status == 1)
            let line = "metrics cannot be served on 127.0.0.1, port \(port): the port is in use"
            #expect(
                result.error.hasPrefix("sluice: \(line)") && result.error.split(separator: "\n").count == 1, "\(result.error)")
            #expect(try await second.run("jobs", "show", "a").output.contains("available"))
            try child.send(signal: .terminate)
        }
        #expect(status == .exited(0))
    }

    /// Red if `sluice-webhooks` has no pages, or they end before it does what is left.
    @Test func theRelayOfWebHooksServesThemToo() async throws {
        let tool = try await Tool()
        let secrets = Tool.newPath()
        defer { unlink(secrets) }
        try Data("a secret of enough bytes\n".utf8).write(to: URL(fileURLWithPath: secrets))
        let words = ["--redis", tool.url, "--namespace", tool.namespace, "--secret-file", secrets, "--metrics-port", "0"]
        let relay = try await ChildProcess("sluice-webhooks", words) { line in
            line.firstMatch(of: /url=http:\/\/127\.0\.0\.1:(\d+)\/metrics/).map { String($0.1) }
        }
        let port = try #require(Int(relay.words))
        try await Self.wait(until: "/readyz", port, is: 200, "ready")
        try await Self.wait(until: "/livez", port, is: 200, "alive")
        let page = try await RawHTTP.get("/metrics", port: port)
        #expect(page.status == 200 && page.body.contains("\nsluice_build_info{"), "\(page.body)")
        relay.send(SIGTERM)
        #expect(await relay.hasEndedWell())
    }

    @Test(arguments: [
        ["--metrics-port", "65536"], ["--metrics-port=-1"], ["--metrics-port", "x"], ["--metrics-host", "::1"],
        ["--metrics-port", "0", "--metrics-host", ""],
    ])
    func optionsThatMakeNoSenseAreRefused(_ options: [String]) async throws {
        let result = try await Tool.run(["--redis", "unix:///nonexistent", "worker", "mail", "--exec", "cat"] + options)
        #expect(result.status == 2)
        #expect(result.error.contains("metrics-"))
    }
}
