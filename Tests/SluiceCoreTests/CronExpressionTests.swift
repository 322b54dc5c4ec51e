import Foundation
import SluiceCore
import Testing

struct CronExpressionTests {
    @Test(
        arguments: [
            ("61 * * * *", 0, "Minutes are 0 to 59."),
            ("* * *", 5, "There are five fields, and 2 of them missing"),
            ("* * * * * *", 10, "There are five fields, and nothing after them"),
            ("", 0, "Write five fields"), ("   ", 0, "Write five fields"),
            ("0 0 30 2 *", 4, "No day 30 ever comes in FEB: write a day from 1 to 29"),
            ("0 0 31 4,6,9,11 *", 4, "No day 31 ever comes in APR, JUN, SEP, NOV"),
            ("0 0 30 2 */2", 4, "No day 30 ever comes in FEB"),
            ("@evry 5s", 0, "@every 90s"), ("@every", 6, "whole seconds"), ("@every 5", 7, "whole seconds"),
            ("@every 500ms", 7, "whole seconds"), ("@every 0s", 7, "whole seconds"), ("@every 1s 2s", 10, "whole seconds"),
            ("@daily 5", 7, "Nothing comes after @daily."),
            ("0 24 * * *", 2, "Hours are 0 to 23."), ("0 0 0 * *", 4, "Days of the month are 1 to 31."),
            ("0 0 * 13 *", 6, "Months are 1 to 12 or JAN to DEC."),
            ("0 0 * * 8", 8, "Days of the week are 0 to 7, 0 and 7 being Sunday, or SUN to SAT."),
            ("0 0 * * MO", 8, "SUN to SAT"), ("0 0 * FOO *", 6, "JAN to DEC"), ("-1 * * * *", 0, "Minutes are"),
            ("5- * * * *", 2, "Minutes are"), ("1,,2 * * * *", 2, "Minutes are"), ("1,2,99 * * * *", 4, "Minutes are"),
            ("22-2 * * * *", 0, "write 22-59,0-2"), ("0 22-2 * * *", 2, "write 22-23,0-2"),
            ("0 0 * * FRI-MON", 8, "A range rises"),
            ("5/15 * * * *", 0, "write 5-59/15, or */15"), ("*/0 * * * *", 2, "A step here is 1 to 59"),
            ("*/60 * * * *", 2, "A step here is 1 to 59"), ("*/x * * * *", 2, "A step here is"),
            ("10-20/11 * * * *", 6, "1 to 10"),
            ("? * * * *", 0, "write * here"), ("٣ * * * *", 0, "Minutes are"),
        ]) func whatIsWrongIsPointedAt(text: String, offset: Int, advice: String) throws
    {
        let error = #expect(throws: SluiceError.self) { try CronExpression(text) }
        let lines = (error?.message ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 4, "\(lines)")
        #expect(lines[0] == "this is no cron expression:")
        #expect(lines[1] == "  " + text)
        #expect(lines[2] == "  " + String(repeating: " ", count: offset) + "^", "\(text)")
        #expect(lines[3].contains(advice), "\(lines[3])")
        #expect(error?.code == .invalidArgument)
    }

    @Test(
        arguments: [
            ("0 0 ? * MON", "0 0 * * 1"), ("0 0 1 * ?", "0 0 1 * *"), ("0 0 * * FRI-SUN", "0 0 * * 5,6,0"),
            ("0 0 * * 5-7", "0 0 * * 0,5,6"), ("@Daily", "0 0 * * *"), ("  0   0 * *\t* ", "0 0 * * *"),
            ("0 0 * jAn-Mar Mon", "0 0 * 1-3 1"), ("0 0 */1 * MON", "0 0 * * 1"), ("@yearly", "@annually"),
        ]) func someTextsMeanTheSame(one: String, other: String) throws
    {
        let (one, other) = (try CronExpression(one), try CronExpression(other))
        var (left, right) = (Date(timeIntervalSince1970: 1.79e9), Date(timeIntervalSince1970: 1.79e9))
        for _ in 0..<20 {
            left = try #require(one.next(after: left, in: .gmt))
            right = try #require(other.next(after: right, in: .gmt))
            #expect(left == right)
        }
    }

    /// As Vixie cron has it: a field that begins with * does not restrict, so both count; else either does.
    @Test func daysOfTheMonthAndOfTheWeek() throws {
        let start = try Date("2026-11-01T00:00:00Z", strategy: .iso8601)
        func days(_ text: String) throws -> [String] {
            var day = start
            return try (0..<4).map { _ in
                day = try #require(try CronExpression(text).next(after: day, in: .gmt))
                return String(day.formatted(.iso8601).prefix(10).suffix(5))
            }
        }
        #expect(try days("0 0 13 * FRI") == ["11-06", "11-13", "11-20", "11-27"])
        #expect(try days("0 0 2 * FRI") == ["11-02", "11-06", "11-13", "11-20"])
        #expect(try days("0 0 */2 * FRI") == ["11-13", "11-27", "12-11", "12-25"])
    }

    @Test func everyCountsFromTheStartOfTheEntryOrOf1970() throws {
        let every = try CronExpression("@every 1h30m")
        #expect(CronSchedule(every, in: .gmt).next(after: 1) == 5400)
        #expect(CronSchedule(every, in: .gmt).next(after: 5400) == 10_800)
        #expect(CronSchedule(every, in: .gmt, start: 1000).next(after: 1) == 1000)
        #expect(CronSchedule(every, in: .gmt, start: 1000).next(after: 1000) == 6400)
        #expect(CronSchedule(every, in: .gmt, start: 1000, end: 6399).next(after: 1000) == nil)
        #expect(CronSchedule(every, in: .gmt, start: 1000, end: 6400).next(after: 1000) == 6400)
        let newest = CronSchedule(try CronExpression("@every 1s"), in: .gmt).newest(1000, from: 5, through: 1_000_000_000)
        #expect(newest.ticks.first == 999_999_001 && newest.ticks.last == 1_000_000_000 && newest.hasMore)
    }

    @Test(arguments: [
        ("Mars/Phobos", "write UTC, or a name such as Europe/Berlin"), ("Europe/Berln", "is it Europe/Berlin?"),
        ("America/Berlin", "is it Europe/Berlin?"), ("", "write UTC"), ("+01:00", "write UTC"),
    ]) func zonesThatAreNoneAreRefused(name: String, advice: String) {
        let error = #expect(throws: SluiceError.self) { try CronZone.named(name) }
        #expect(error?.message.contains(advice) == true, "\(error?.message ?? "")")
        #expect(error?.code == .invalidArgument)
    }

    @Test func theShortestTimeBetweenTwoTicks() throws {
        func gap(_ text: String, _ zone: TimeZone = .gmt) throws -> Int? {
            CronSchedule(try CronExpression(text), in: zone).shortestGap
        }
        #expect(try gap("0 7,8 * * *") == 3600)
        #expect(try gap("@every 90s") == 90)
        #expect(try gap("0 0 29 2 *") == 1461 * 86_400)
    }

    /// Bounded, however rare: looking at each minute of the years between would take hours.
    @Test(.timeLimit(.minutes(10))) func rareTicksAreFoundQuickly() throws {
        let berlin = try CronZone.named("Europe/Berlin")
        let rare = try CronExpression("30 2 29 2 *")
        for second in 0..<1000 {
            #expect(rare.next(after: Date(timeIntervalSince1970: 1.8e9 + Double(second)), in: berlin) != nil)
        }
    }
}
