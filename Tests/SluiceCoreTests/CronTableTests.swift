import Foundation
import SluiceCore
import Testing

/// Ticks against a table that another implementation made: see its first lines.
struct CronTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var expression: String
        var zone: String
        var start: Date
        var ticks: [Date]
        var testDescription: String { "\(expression) in \(zone) after \(start)" }
    }

    static func rows() throws -> [Row] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("CronTable.txt")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let cells = line.components(separatedBy: " | ")
            try #require(cells.count == 4)
            return Row(
                expression: cells[0], zone: cells[1], start: try Date(cells[2], strategy: .iso8601),
                ticks: try cells[3].split(separator: " ").map { try Date(String($0.dropLast()) + ":00Z", strategy: .iso8601) })
        }
    }

    @Test func ticksAreThoseOfTheTable() throws {
        let rows = try Self.rows()
        #expect(rows.count > 200)
        for row in rows {
            let expression = try CronExpression(row.expression)
            let zone = try CronZone.named(row.zone)
            var ticks: [Date] = []
            while ticks.count < row.ticks.count, let next = expression.next(after: ticks.last ?? row.start, in: zone) {
                ticks.append(next)
            }
            #expect(ticks == row.ticks, "\(row.testDescription)")
        }
    }

    @Test func theNewestTicksAreTheLastOfAll() throws {
        for row in try Self.rows() where row.ticks.count == 4 {
            let schedule = CronSchedule(try CronExpression(row.expression), in: try CronZone.named(row.zone))
            let seconds = row.ticks.map { Int($0.timeIntervalSince1970) }
            let newest = schedule.newest(3, from: seconds[0], through: seconds[3] + 1)
            #expect(newest.ticks == Array(seconds[1...]), "\(row.testDescription)")
            #expect(newest.hasMore)
            let all = schedule.newest(4, from: seconds[0], through: seconds[3])
            #expect(all.ticks == seconds && !all.hasMore, "\(row.testDescription)")
        }
    }
}
