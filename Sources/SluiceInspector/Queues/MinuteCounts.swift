public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The counters of a queue for one minute, for charts.
public struct MinuteCounts: Sendable, Hashable {
    /// The start of the minute.
    public var minute: Date
    /// The increments of ``QueueStatus/totals`` within the minute; unchanged counters are absent.
    public var counts: [String: Int]
}

extension Inspector {
    /// Returns the minutes in which any counter of a queue changed, oldest first. They are kept for two days.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - last: How far back to read, up to and including the server's current minute; at most two days.
    /// - Throws: a server error if Redis cannot be used.
    public func history(of queue: QueueName, last: Duration = .seconds(3600)) async throws(SluiceError) -> [MinuteCounts] {
        let now = try await status(of: queue).time.milliseconds / 60_000
        let span = min(max(last.milliseconds / 60_000, 1), 2 * 1440)
        var minutes: [Int: [String: Int]] = [:]
        // One call of the library covers a day.
        for first in stride(from: now - span + 1, through: now, by: 1440) {
            minutes.merge(try await store.call(History(first...min(first + 1439, now)), on: queue)) { $1 }
        }
        return minutes.sorted { $0.key < $1.key }
            .map { MinuteCounts(minute: Date(milliseconds: $0.key * 60_000), counts: $0.value) }
    }
}
