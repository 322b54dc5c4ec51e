#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A line of an entry's history, as `lua/cron/cron_fire.lua` writes it. Times in ms since 1970.
package struct CronLine: Decodable, Sendable, Hashable {
    package static let skipped = "skipped"
    package static let byHand = "by hand"

    package var tick: Double
    /// The last of several missed ticks.
    package var until: Double?
    package var count: Int?
    package var at: Double
    package var outcome: String
    /// The job that was enqueued, or that was in the way.
    package var job: String?
    /// The state of the job that was in the way.
    package var state: String?

    /// Nil if it is not such a line.
    package init?(_ line: String) {
        guard let line = try? JSONDecoder().decode(CronLine.self, from: Data(line.utf8)) else { return nil }
        self = line
    }
}
