import Foundation
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// The next ticks of an entry.
@Suite(.timeLimit(.minutes(10)))
struct CronTicksTests {
    private func entry(_ schedule: String, zone: String = "UTC", start: Int? = nil, end: Int? = nil) async throws -> CronStatus {
        let fixture = try await Fixture()
        var entry = CronEntry(
            expression: schedule, zone: zone, job: Array(#"{"kind":"k"}"#.utf8), options: nil, catchUp: .latest, overlap: .allow)
        entry.start = start
        entry.end = end
        _ = try await fixture.store.call(CronPut("e", entry, next: 4_000_000_000_000, deploy: nil), on: "mail")
        #expect(try await fixture.inspector.cronEntry("none", in: "mail") == nil)
        let found = try #require(try await fixture.inspector.cronEntry("e", in: "mail"))
        #expect(found.expression == schedule && found.zone == zone)
        return found
    }

    private func ticks(_ entry: CronStatus, after seconds: Double, _ count: Int = 3) throws -> [Double] {
        try entry.ticks(after: Date(timeIntervalSince1970: seconds), count: count).map(\.timeIntervalSince1970)
    }

    @Test func theyFollowTheZone() async throws {
        // Midnight in Kolkata is 18:30 in UTC.
        let entry = try await entry("0 0 * * *", zone: "Asia/Kolkata")
        #expect(try ticks(entry, after: 1_700_000_000) == [1_700_073_000, 1_700_159_400, 1_700_245_800])
    }

    @Test func theyKeepWithinTheBounds() async throws {
        let entry = try await entry("@every 90s", start: 1_000_000, end: 1_200_000)
        // They count from the start.
        #expect(try ticks(entry, after: 0) == [1000, 1090, 1180])
        #expect(try ticks(entry, after: 1000) == [1090, 1180])
        #expect(try ticks(entry, after: 1180).isEmpty)
    }
}
