package import SluiceCore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// The next ticks of a schedule, and the zone whose clocks it follows.
package struct NextTicks: Sendable, Hashable {
    /// The ticks, the earliest first.
    package var times: [Date]
    /// The zone of the schedule.
    package var zone: TimeZone

    /// The next ticks of an expression after a time; fewer if there are not so many.
    package init(of expression: CronExpression, in zone: TimeZone, after time: Date, count: Int) {
        self.zone = zone
        times = []
        var tick = time
        while times.count < count, let next = expression.next(after: tick, in: zone) {
            times.append(next)
            tick = next
        }
    }

    /// The next ticks of an entry, whether or not it is paused; none once it is finished.
    /// - Parameter time: The time that they come after; nil for now, by the server's clock.
    /// - Throws: `invalidArgument` if this program does not know the schedule or the zone.
    package init(of entry: CronStatus, after time: Date?, count: Int) throws(SluiceError) {
        zone = try CronZone.named(entry.zone)
        times = try entry.finished == nil ? entry.ticks(after: time ?? entry.time, count: count) : []
    }

    /// The output of `sluice cron next --json`.
    package var json: JSONValue {
        .array(times.map { ["at": JSONValue(time: $0), "local": .string(LocalTime.text($0, in: zone))] })
    }
}
