import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Pages of transitions that are looked at.
    private static let mostPages = 200

    /// The same job with the times of its enqueueing and of its last start, if those are not kept with it.
    ///
    /// Most completed jobs are kept with their end alone. The transitions of the last hour tell the rest; of what is older, or was
    /// crowded out by others, nothing is told. Takes a call for each hundred transitions that it looks at.
    public func withTimes(_ job: JobDetails) async throws(SluiceError) -> JobDetails {
        var job = job
        var cursor: String? = ""
        for _ in 0..<Self.mostPages {
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
