import Foundation
import NIOCore
import SluiceCore
import SluicePrometheus
import SluiceStore
import SluiceTesting
import SluiceToolSupport
import SluiceWorker
import Testing

@testable import SluiceCLI

/// The HTTP server of a worker, in the process of the test.
@Suite(.timeLimit(.minutes(10)))
struct MonitorTests {
    private let namespace: TestNamespace

    init() async throws { namespace = try await TestNamespace() }

    /// Lends the port of a server.
    private func serving(
        _ pulse: Pulse = Pulse(.serving), patience: TimeAmount = .hours(1), _ body: (Int) async throws -> Void
    ) async throws {
        let pages = MonitorPages(
            PrometheusMetrics(), ServiceProbe("worker", probing: [namespace.store]) { pulse })
        let monitor = try await Monitor(host: "127.0.0.1", port: 0, pages, patience: patience)
        let port = try #require(URL(string: monitor.url)?.port)
        do {
            try await body(port)
        } catch {
            Issue.record(error)
        }
        await monitor.close()
    }

    @Test func aWorkerIsReadyWhileItServes() async throws {
        try await serving { port in
            let ready = try await RawHTTP.get("/readyz", port: port)
            #expect(ready.status == 200 && ready.body == "ready\n")
        }
        for (phase, text) in [(Pulse.Phase.starting, "the worker starts\n"), (.stopping, "the worker stops\n")] {
            try await serving(Pulse(phase)) { port in
                let ready = try await RawHTTP.get("/readyz", port: port)
                #expect(ready.status == 503 && ready.body == text)
                #expect(try await RawHTTP.get("/livez", port: port).status == 200)
            }
        }
    }

    @Test func aLoopThatHangsIsNotAlive() async throws {
        let longest = Duration.seconds(75)
        for (silence, status) in [(longest, 200), (longest + .milliseconds(1), 503)] {
            try await serving(Pulse(.serving, silence: silence, longestSilence: longest)) { port in
                let live = try await RawHTTP.get("/livez", port: port)
                #expect(live.status == status)
                #expect(live.body == (status == 200 ? "alive\n" : "the worker's loop has not turned for 75 s\n"))
            }
        }
    }

    @Test func onlyThreePagesAreThere() async throws {
        try await serving { port in
            let metrics = try await RawHTTP.get("/metrics?name=x", port: port)
            #expect(metrics.status == 200 && metrics.body == PrometheusMetrics().text())
            #expect(metrics.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
            for path in ["/", "/metrics/", "/../metrics", "//livez", "/metrics%20", "*", "http://x/metrics"] {
                #expect(try await RawHTTP.get(path, port: port).status == 404, "\(path)")
            }
            let head = try await RawHTTP.exchange("HEAD /livez HTTP/1.0\r\n\r\n", port: port)
            #expect(head.hasPrefix("HTTP/1.") && head.contains(" 200 OK\r\n") && head.contains("Content-Length: 6\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
                let answer = try await RawHTTP.exchange("\(method) /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", port: port)
                #expect(answer.contains(" 405 ") && answer.contains("Allow: GET, HEAD\r\n"))
            }
        }
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "GET\r\n\r\n", "GET /metrics HTTP/9.9\r\n\r\n", "GET /metrics HTTP/1.1\r\n bad\r\n\r\n",
        "\0\u{1}\u{2}\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nx", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
    func nonsenseEndsItsConnectionOnly(_ text: String) async throws {
        try await serving { port in
            let answer = try await RawHTTP.exchange(text, port: port)
            #expect(!answer.contains(" 200 "), "\(answer)")
            #expect(try await RawHTTP.get("/livez", port: port).status == 200)
        }
    }

    @Test func aSecondRequestIsNotRead() async throws {
        try await serving { port in
            let text = "GET /livez HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"
            let answer = try await RawHTTP.exchange(text, port: port)
            #expect(answer.hasSuffix("\r\n\r\nalive\n"))
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
        }
    }

    @Test func aRequestIsBounded() async throws {
        try await serving { port in
            for text in [
                "GET /" + String(repeating: "a", count: 100_000),
                "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 100_000),
                "GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 100_000),
            ] {
                let answer = try await RawHTTP.exchange(text, port: port)
                // What was still under way may have reset the connection before its answer was read.
                #expect(answer.isEmpty || answer.contains(" 431 ") || answer.contains(" 400 "), "\(answer)")
            }
            let fits = "GET /livez HTTP/1.1\r\nX: " + String(repeating: "a", count: 8000) + "\r\n\r\n"
            #expect(try await RawHTTP.exchange(fits, port: port).contains(" 200 "))
        }
    }

    @Test(arguments: ["", "GET /livez HTTP/1.1\r\nX: "])
    func whoIsSlowIsCutOff(_ begin: String) async throws {
        try await serving(patience: .milliseconds(20)) { port in
            let connection = try await RawHTTP(port: port)
            await connection.send(begin)
            #expect(try await connection.end() == "")
        }
    }

    @Test func connectionsAreBounded() async throws {
        // On a busy machine, the first would be cut off before the last is there.
        try await serving(patience: .hours(1)) { port in
            var open: [RawHTTP] = []
            for _ in 0..<Monitor.mostConnections { open.append(try await RawHTTP(port: port)) }
            // Connections that came earlier may be counted later, by another event loop.
            while try await RawHTTP.exchange("GET /livez HTTP/1.1\r\n\r\n", port: port) != "" {}
            await open[0].close()
            while try await !RawHTTP.exchange("GET /livez HTTP/1.1\r\n\r\n", port: port).contains("alive") {}
            for connection in open { await connection.close() }
        }
    }

    @Test func onePortHasOneServer() async throws {
        try await serving { port in
            let pages = MonitorPages(
                PrometheusMetrics(), ServiceProbe("worker", probing: [namespace.store]) { Pulse(.serving) })
            await #expect(
                throws: Failure(
                    "metrics cannot be served on 127.0.0.1, port \(port): the port is in use; --metrics-port 0 takes a free one")
            ) {
                _ = try await Monitor(host: "127.0.0.1", port: port, pages)
            }
            await #expect(
                throws: Failure("metrics cannot be served on nowhere.invalid, port \(port): there is no such host")
            ) {
                _ = try await Monitor(host: "nowhere.invalid", port: port, pages)
            }
        }
    }
}
