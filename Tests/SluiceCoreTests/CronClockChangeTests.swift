import Foundation
import SluiceCore
import Testing

/// What happens when clocks are changed, by hand. Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00. New
/// York: 2026-03-08 02:00 becomes 03:00, 2026-11-01 02:00 becomes 01:00. Lord Howe, half an hour: 2026-04-05 02:00 becomes 01:30,
/// 2026-10-04 02:00 becomes 02:30.
struct CronClockChangeTests {
    private func ticks(_ expression: String, _ zone: String, after start: String, _ count: Int) throws -> [String] {
        let expression = try CronExpression(expression)
        let zone = try CronZone.named(zone)
        var ticks: [Date] = []
        let first = try Date(start, strategy: .iso8601)
        while ticks.count < count, let next = expression.next(after: ticks.last ?? first, in: zone) { ticks.append(next) }
        return ticks.map { String($0.formatted(.iso8601).dropLast(4)) }
    }

    @Test(
        arguments: [
            // 02:30 does not exist: it fires at 03:00, which is 01:00 in UTC, once.
            (
                "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
                ["2026-03-29T01:00", "2026-03-30T00:30", "2026-03-31T00:30"]
            ),
            (
                "0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
                ["2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T00:30"]
            ),
            (
                "0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
                ["2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T01:00"]
            ),
            ("30 2 29 3 *", "Europe/Berlin", "2026-01-01T00:00:00Z", ["2026-03-29T01:00", "2027-03-29T00:30"]),
            ("30 2 8 3 *", "America/New_York", "2026-01-01T00:00:00Z", ["2026-03-08T07:00", "2027-03-08T07:30"]),
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", ["2026-10-03T15:30", "2026-10-04T15:15"]),
            // Seen from the moment itself it is over.
            ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", ["2026-03-30T00:30"]),
            ("30 2 * * *", "Europe/Berlin", "2026-03-29T00:59:59Z", ["2026-03-29T01:00"]),
        ]) func whatIsSkippedHappensAtTheFirstMomentAfter(expression: String, zone: String, start: String, expected: [String])
        throws
    {
        #expect(try ticks(expression, zone, after: start, expected.count) == expected)
    }

    @Test(
        arguments: [
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30", "2026-10-26T01:30"]),
            (
                "0 2,3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
                ["2026-10-25T00:00", "2026-10-25T02:00", "2026-10-26T01:00"]
            ),
            ("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", ["2026-11-01T05:30", "2026-11-02T06:30"]),
            ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", ["2026-04-04T14:45", "2026-04-05T15:15"]),
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", ["2026-10-26T01:30"]),
        ]) func whatComesTwiceHappensTheFirstTime(expression: String, zone: String, start: String, expected: [String]) throws
    {
        #expect(try ticks(expression, zone, after: start, expected.count) == expected)
    }

    @Test(
        arguments: [
            ("0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", ["2026-03-29T01:00", "2026-03-29T02:00"]),
            (
                "30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z",
                ["2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"]
            ),
            ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-30T00:00", "2026-03-30T00:30"]),
            (
                "*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
                ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-26T01:00"]
            ),
            ("0 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", ["2026-10-03T14:30", "2026-10-03T16:00"]),
            (
                "45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00:00Z",
                ["2026-04-04T14:45", "2026-04-04T15:15", "2026-04-04T16:15"]
            ),
            (
                "@every 45m", "Europe/Berlin", "2026-03-29T00:00:00Z",
                ["2026-03-29T00:45", "2026-03-29T01:30", "2026-03-29T02:15"]
            ),
        ]) func whatFollowsTheClockDoesWhateverThatShows(expression: String, zone: String, start: String, expected: [String])
        throws
    {
        #expect(try ticks(expression, zone, after: start, expected.count) == expected)
    }

    @Test func fourHundredYearsWouldEndAtTwentyOneHundred() throws {
        #expect(try ticks("0 0 29 2 *", "UTC", after: "2096-01-01T00:00:00Z", 2) == ["2096-02-29T00:00"])
        #expect(try ticks("0 0 29 2 *", "UTC", after: "2026-01-01T00:00:00Z", 2) == ["2028-02-29T00:00", "2032-02-29T00:00"])
    }

    @Test(arguments: [
        ("EST", "America/New_York"), ("CET", "Europe/Paris"), ("IST", "Asia/Kolkata"), ("pst", "America/Los_Angeles"),
    ])
    func anAbbreviationIsAnsweredWithAPlace(text: String, place: String) {
        let error = #expect(throws: SluiceError.self) { try CronZone.named(text) }
        #expect(error?.message.contains("is an abbreviation") == true && error?.message.hasSuffix("such as \(place)") == true)
    }

    @Test(arguments: ["XYZ", "ABCD", "QQQ"]) func nonsenseIsNotTakenForAnotherAbbreviation(text: String) {
        let error = #expect(throws: SluiceError.self) { try CronZone.named(text) }
        #expect(error?.message.hasSuffix("write UTC, or a name such as Europe/Berlin") == true, "\(error as Any)")
    }
}
