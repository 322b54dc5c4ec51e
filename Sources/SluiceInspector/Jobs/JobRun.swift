public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A run of a job: the one under way, or the last one of a job that ended badly.
public struct JobRun: Sendable, Hashable {
    /// The number that each write of this run carries.
    public var fence: Fence
    /// Who runs it.
    public var worker: WorkerID
    /// Which attempt it is, from 1.
    public var attempt: Int
    /// When it was claimed, by the server's clock.
    public var startedAt: Date
    /// Since when it could have been claimed.
    public var availableSince: Date
}

extension JobRun {
    /// Reads `fence worker attempt started score dimensions lane`, of which the first five are told.
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
