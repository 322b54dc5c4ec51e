public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A run of a job: the current one, or the last one of a job that failed.
public struct JobRun: Sendable, Hashable {
    /// The fencing number of all writes of this run.
    public var fence: Fence
    /// The worker of the run.
    public var worker: WorkerID
    /// The number of the attempt, from 1.
    public var attempt: Int
    /// The time of the claim, by the server's clock.
    public var startedAt: Date
    /// The time since which the job could have been claimed.
    public var availableSince: Date
}

extension JobRun {
    /// Parses `fence worker attempt started score dimensions lane`, of which the first five are used.
    init?(record: String) {
        let words = record.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false)
        guard words.count >= 5, let fence = UInt64(words[0]), let attempt = Int(words[2]), let started = Int(words[3]),
            let score = Int(words[4])
        else { return nil }
        self.init(
            fence: Fence(fence), worker: WorkerID(known: String(words[1])), attempt: attempt,
            startedAt: Date(milliseconds: started), availableSince: Date(milliseconds: Score.time(score)))
    }
}
