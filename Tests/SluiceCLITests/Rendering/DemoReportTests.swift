import SluiceCore
import SluiceToolSupport
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

/// What the demo concludes from what it found.
struct DemoReportTests {
    private func check(_ digest: String?, _ expected: String?, waited: Int = 5) -> DemoReport.Check {
        DemoReport.Check(
            output: digest.map { HashFile.Output(sha256: $0, waitedMilliseconds: waited) }, expected: expected)
    }

    private func report(_ checks: [DemoReport.Check], audit: AuditReport = AuditReport()) -> DemoReport {
        DemoReport(
            checks, totals: ["started": checks.count + 2, "reclaimed": 2], killed: 1, elapsed: .seconds(2), audit: audit)
    }

    @Test func allIsWell() {
        let report = report((1...200).map { check("d\($0)", "d\($0)", waited: $0) })
        #expect(report.isGood)
        #expect(
            String(decoding: report.json.encoded(), as: UTF8.self)
                == #"{"files":200,"completed":200,"wrong":0,"missing":0,"runs":202,"killed":1,"reclaimed":2,"#
                + #""jobs_per_second":100.0,"start_p50_ms":100.0,"start_p99_ms":198.0,"audit":"clean"}"#)
        #expect(report.lines(style: .plain).last?.hasPrefix("Nothing was lost") == true)
    }

    @Test func aWrongDigestIsSeen() {
        let report = report([check("a", "a"), check("b", "c")])
        #expect(!report.isGood)
        #expect((report.completed, report.wrong, report.missing) == (2, 1, 0))
        #expect(report.lines(style: .plain).last == "Failed: 1 digest wrong.")
    }

    @Test func aMissingDigestIsSeen() {
        let report = report([check("a", "a"), check(nil, "c"), check(nil, "d")])
        #expect(!report.isGood)
        #expect((report.completed, report.wrong, report.missing) == (1, 0, 2))
        #expect(report.lines(style: .plain).last == "Failed: 2 digests missing.")
    }

    @Test func anUncleanAuditIsSeen() {
        var audit = AuditReport()
        audit.violations = [AuditReport.Violation(queue: "files", invariant: "I1", what: "twice")]
        let report = report([check("a", "a")], audit: audit)
        #expect(!report.isGood)
        #expect(report.lines(style: .plain).last == "Failed: the audit found 1 violation.")
        #expect(String(decoding: report.json.encoded(), as: UTF8.self).hasSuffix(#""audit":"1 violation"}"#))
    }

    @Test func whatChangedMeanwhileProvesNothing() {
        let report = report([check("a", "a"), check("b", nil), check(nil, nil)])
        #expect(report.isGood)
        #expect((report.changed, report.wrong, report.missing) == (2, 0, 0))
        #expect(report.lines(style: .plain).first?.contains("2 changed meanwhile") == true)
    }

    @Test func nothingIsNoError() {
        let report = DemoReport([], totals: [:], killed: 0, elapsed: .zero, audit: AuditReport())
        #expect(report.startMedian == 0)
        #expect(report.jobsPerSecond == 0)
    }
}
