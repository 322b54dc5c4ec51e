import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// The pages of transitions to read.
    private static let mostPages = 200

    /// Adds the times of enqueueing and of the last start to a job, if they are not stored with it.
    ///
    /// Most completed jobs are stored with only the time of their end. The other times come from the transitions of the last hour;
    /// they stay nil if the transitions are older or were displaced by others. It makes one call per hundred transitions.
    /// - Throws: a server error if Redis cannot be used.
    public func withTimes(_ job: JobDetails) async throws(SluiceError) -> JobDetails {
        try await withTimes(job, pages: Self.mostPages)
    }

    /// Adds the times that are found in a number of calls.
    package func withTimes(_ job: JobDetails, pages: Int) async throws(SluiceError) -> JobDetails {
        var job = job
        var cursor: String? = ""
        for _ in 0..<pages {
            guard job.createdAt == nil || job.startedAt == nil && job.state == .completed, let place = cursor else { break }
            let page = try await store.call(JobMoves(job.id, cursor: place), on: job.queue)
            for move in page.moves {
                let time = Date(milliseconds: move.time)
                if move.to == .executing { job.startedAt = job.startedAt ?? time }
                if move.from == nil { job.createdAt = job.createdAt ?? time }
            }
            cursor = page.next
        }
        return job
    }
}
