public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What became of a tick, or of several that were missed together.
public struct CronTick: Sendable, Hashable {
    /// What became of it.
    public enum Outcome: String, Sendable, Hashable {
        /// It enqueued ``CronTick/job``.
        case enqueued
        /// Its job was there already.
        case exists
        /// The job of the tick before, ``CronTick/job``, had not ended.
        case skipped
        /// Nobody was there in time, and the entry does not make up for it.
        case missed
        /// Not a tick: somebody enqueued ``CronTick/job``.
        case byHand = "by hand"
    }

    /// When it was due; of several that were missed, the first.
    public var tick: Date
    /// Of several that were missed, the last.
    public var until: Date?
    /// How many were missed, if they were counted: of more than a thousand they are not.
    public var count: Int?
    /// When this was recorded.
    public var at: Date
    /// What became of it.
    public var outcome: Outcome
    /// The job that it enqueued, or that was in the way.
    public var job: JobID?
}

extension CronTick {
    /// A line of the history; nil if it is none.
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
