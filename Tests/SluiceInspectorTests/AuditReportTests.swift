import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

@Suite(.timeLimit(.minutes(10)))
struct AuditReportTests {
    @Test func aHealthyQueueIsClean() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue((0..<300).map { "a\($0)" })
        try await fixture.join()
        try await fixture.cycle(1, demand: 10)
        let report = try await fixture.inspector.audit()
        #expect(report.isClean)
        #expect(report.isComplete)
        #expect(report.checked >= 300)
    }

    @Test func damageIsFoundAndTheReportIsBounded() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        try await fixture.server.cli(["ZADD", fixture.key("completed")] + (0..<300).flatMap { ["1", "ghost\($0)"] })
        let report = try await fixture.inspector.audit("mail")
        #expect(!report.isClean)
        #expect(report.violations.contains { $0.invariant == "I1" && $0.what.contains("ghost7,") && $0.queue == "mail" })
        let short = try await fixture.inspector.audit(limit: 1)
        #expect(!short.isComplete)
        #expect(short.violations.count < report.violations.count)
    }
}
