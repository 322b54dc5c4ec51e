public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The recorded outcome of a tick, or of several ticks that were missed together.
public struct CronTick: Sendable, Hashable {
    /// The outcome of a tick.
    public enum Outcome: String, Sendable, Hashable {
        /// The tick enqueued ``CronTick/job``.
        case enqueued
        /// The tick's job was there already.
        case exists
        /// The job of the tick before, ``CronTick/job``, had not ended.
        case skipped
        /// No worker fired the tick in time, and the entry does not catch up on it.
        case missed
        /// Not a tick: a person enqueued ``CronTick/job``.
        case byHand = "by hand"
    }

    /// When the tick was due; the first of several that were missed.
    public var tick: Date
    /// The last of several ticks that were missed.
    public var until: Date?
    /// How many ticks were missed; nil if they are more than a thousand, which are not counted.
    public var count: Int?
    /// When this was recorded.
    public var at: Date
    /// The outcome.
    public var outcome: Outcome
    /// The job that was enqueued, or that was in the way.
    public var job: JobID?
}

extension CronTick {
    /// Reads a line of the history; nil if the line is not valid.
    init?(line: String) {
        guard let line = CronLine(line), let outcome = Outcome(rawValue: line.outcome) else { return nil }
        tick = Date(timeIntervalSince1970: line.tick / 1000)
        until = line.until.map { Date(timeIntervalSince1970: $0 / 1000) }
        count = line.count
        at = Date(timeIntervalSince1970: line.at / 1000)
        self.outcome = outcome
        job = line.job.map(JobID.init(known:))
    }
}
