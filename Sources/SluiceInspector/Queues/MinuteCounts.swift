public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a queue counted in one minute, for charts.
public struct MinuteCounts: Sendable, Hashable {
    /// When the minute began.
    public var minute: Date
    /// The counters of ``QueueStatus/totals`` that moved in it.
    public var counts: [String: Int]
}

extension Inspector {
    /// The minutes in which a queue counted anything, oldest first. They are kept two days.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - last: How far back from the server's present minute, which is included; two days at most.
    public func history(of queue: QueueName, last: Duration = .seconds(3600)) async throws(SluiceError) -> [MinuteCounts] {
        let now = try await status(of: queue).time.milliseconds / 60_000
        let span = min(max(last.milliseconds / 60_000, 1), 2 * 1440)
        var minutes: [Int: [String: Int]] = [:]
        // The library answers for a day in a call.
        for first in stride(from: now - span + 1, through: now, by: 1440) {
            minutes.merge(try await store.call(History(first...min(first + 1439, now)), on: queue)) { $1 }
        }
        return minutes.sorted { $0.key < $1.key }
            .map { MinuteCounts(minute: Date(milliseconds: $0.key * 60_000), counts: $0.value) }
    }
}
