import CoreMetrics
import Foundation
import SluicePrometheus
import Subprocess
import SystemPackage
import Testing

/// What Prometheus' own tool says of the text.
struct PromtoolTests {
    private static let promtool: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/promtool" }.first(where: FileManager.default.isExecutableFile(atPath:))

    private static let missing: Comment = "promtool is not in PATH; Debian's package prometheus has it"

    @Test(.enabled(if: promtool != nil, missing))
    func promtoolFindsNothing() async throws {
        let metrics = PrometheusMetrics()
        let values = ["", "a\\b\"c\nd\r\né", String(repeating: "\\", count: 300), "{}=,#"]
        for value in values {
            let labels = [("value", value), ("le", value), ("__name__", value), ("2. Label", value)]
            Counter(label: "mails.sent", dimensions: labels, factory: metrics).increment()
            FloatingPointCounter(label: "EurosPaid", dimensions: labels, factory: metrics).increment(by: 0.1)
            Meter(label: "roof:temperature", dimensions: labels, factory: metrics).set(Double.nan)
            Gauge(label: "2nd # level", dimensions: labels, factory: metrics).record(-Double.infinity)
            Recorder(label: "mail_bytes", dimensions: labels, factory: metrics).record(1e300)
            CoreMetrics.Timer(label: "load_ms", dimensions: labels, factory: metrics).recordSeconds(3)
        }
        #expect(try await Self.check(["metrics"], metrics.text()) == "")
    }

    @Test(.enabled(if: promtool != nil, missing))
    func theAlertsOfTheArticleAreRules() async throws {
        #expect(try await Self.check(["rules", "/dev/stdin"], try Self.alerts()).contains("SUCCESS"))
    }

    /// Each metric in an alert is one that is explained.
    @Test func theAlertsOfTheArticleNameMetricsThatExist() throws {
        let names = try Self.alerts().matches(of: /sluice_[a-z_]+/).map { String($0.output).replacing("_bucket", with: "") }
        #expect(names.count > 10)
        #expect(Set(names).subtracting(PrometheusMetrics.sluiceHelp.keys) == ["sluice_metrics_dropped_total"])
    }

    private static func alerts() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let article = try String(
            contentsOf: root.appending(path: "Sources/Sluice/Sluice.docc/Running/Metrics.md"), encoding: .utf8)
        return String(try #require(article.firstMatch(of: /```yaml\n(groups:[^`]*)```/)?.1))
    }

    /// What promtool says of a text; "" if it finds nothing.
    private static func check(_ what: [String], _ text: String) async throws -> String {
        let result = try await run(
            .path(FilePath(try #require(promtool))), arguments: Arguments(["check"] + what), input: .string(text),
            output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        let said = result.standardOutput + result.standardError
        #expect(result.terminationStatus.isSuccess, "\(said)")
        return said
    }
}
