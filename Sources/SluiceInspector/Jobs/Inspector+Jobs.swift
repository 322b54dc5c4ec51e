public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Returns all data of a job.
    /// - Returns: Nil if the queue has no job with this id.
    /// - Throws: a server error if Redis cannot be used.
    public func job(_ id: JobID, in queue: QueueName) async throws(SluiceError) -> JobDetails? {
        guard let reply = try await store.call(FindJob(id), on: queue) else { return nil }
        return JobDetails(queue, reply: reply, keys: keys)
    }

    /// Returns the jobs with this id in all queues. There is usually one: generated ids are unique, but ids that a program chooses
    /// need not be.
    /// - Throws: a server error if Redis cannot be used.
    public func jobs(withID id: JobID) async throws(SluiceError) -> [JobDetails] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.job(id, in: queue) }.compactMap { $0 }
    }

    /// The queues that have a job with this id. Nothing of the jobs is read, so a job of any size is found.
    package func queues(withJob id: JobID) async throws(SluiceError) -> [QueueName] {
        try await each(of: queues()) { queue throws(SluiceError) in
            try await self.store.has(id, in: queue) ? queue : nil
        }.compactMap { $0 }
    }

    /// Lists a page of jobs, queue by queue and state by state.
    /// - Parameters:
    ///   - filter: The jobs to list.
    ///   - limit: The number of jobs on a page, 1 to 1,000.
    ///   - cursor: ``JobPage/next`` of the page before; nil for the first page.
    /// - Throws: `invalidArgument` for an invalid cursor; a server error if Redis cannot be used.
    public func jobs(
        matching filter: JobFilter = JobFilter(), limit: Int = 50, after cursor: String? = nil
    ) async throws(SluiceError) -> JobPage {
        try await jobs(matching: filter, limit: limit, after: cursor, lists: .max, holding: nil)
    }

    /// Lists a page of jobs in a bounded number of calls: a page of many queues can be short, and yet not be the last.
    /// - Parameters:
    ///   - lists: How many lists of the library are read at most.
    ///   - holding: Whether a queue holds jobs in a state, as far as is known; nil to ask the queues.
    package func jobs(
        matching filter: JobFilter, limit: Int, after cursor: String?, lists: Int,
        holding: (@Sendable (QueueName, JobState) -> Bool)?
    ) async throws(SluiceError) -> JobPage {
        let limit = min(max(limit, 1), 1000)
        var lists = lists
        var segments = try await segments(of: filter)[...]
        if let cursor {
            let place = try JobCursor(cursor)
            segments = segments.drop { $0.queue != place.queue || $0.state != place.state }
            if !segments.isEmpty { segments[segments.startIndex] = place }
        }
        let time = Date(milliseconds: try await store.now())
        var jobs: [JobSummary] = []
        var filled: ArraySlice<JobCursor> = []
        while true {
            if jobs.count == limit || lists == 0 {
                return JobPage(jobs: jobs, next: (filled.first ?? segments.first)?.text, time: time)
            }
            guard var place = filled.first else {
                if segments.isEmpty { break }
                if let holding {
                    (filled, segments) = (segments.filter { holding($0.queue, $0.state) }[...], [])
                } else {
                    filled = try await Self.part(of: &segments, from: self)
                }
                continue
            }
            lists -= 1
            let reply = try await list(place, filter.kind == nil ? limit : 1000, filter.kind)
            let fresh = reply.items.dropFirst(place.skip).prefix(limit - jobs.count)
            jobs += fresh.map { JobSummary($0, place, keys) }
            place.skip += fresh.count
            if place.skip < reply.items.count {
                filled[filled.startIndex] = place
            } else if let next = reply.cursor {
                (place.inner, place.skip) = (next, 0)
                filled[filled.startIndex] = place
            } else {
                filled = filled.dropFirst()
            }
        }
        return JobPage(jobs: jobs, next: nil, time: time)
    }

    /// Reads a page of the library. If the reply does not arrive it may be too large, so a smaller page is read. The listed part of
    /// a page does not depend on the page's size.
    private func list(_ place: JobCursor, _ limit: Int, _ kind: String?) async throws(SluiceError) -> ListJobs.Reply {
        var limit = limit
        while true {
            do throws(SluiceError) {
                return try await store.call(
                    ListJobs(state: place.state, cursor: place.inner, limit: min(place.skip + limit, 1000), kind: kind),
                    on: place.queue)
            } catch {
                guard error.code == .outcomeUnknown, limit > 1 else { throw error }
                limit = max(limit / 8, 1)
            }
        }
    }

    /// The next non-empty segments of many. Reading the jobs of each empty one in turn would take too long.
    private static func part(
        of segments: inout ArraySlice<JobCursor>, from inspector: Inspector
    ) async throws(SluiceError) -> ArraySlice<JobCursor> {
        let part = segments.prefix(512)
        segments = segments.dropFirst(part.count)
        if part.count < 16 { return part }
        var filled: [QueueName: QueueStatus] = [:]
        let queues = Array(Set(part.map(\.queue)))
        let statuses = try await inspector.each(of: queues) { queue throws(SluiceError) in try await inspector.status(of: queue) }
        for status in statuses { filled[status.queue] = status }
        return part.filter { filled[$0.queue]?.states[$0.state] ?? 0 > 0 }[...]
    }

    private func segments(of filter: JobFilter) async throws(SluiceError) -> [JobCursor] {
        let queues: [QueueName]
        if let chosen = filter.queues { queues = chosen.uniqued } else { queues = try await self.queues() }
        return queues.flatMap { queue in filter.states.uniqued.map { JobCursor(queue: queue, state: $0) } }
    }
}

extension JobSummary {
    fileprivate init(_ item: ListJobs.Item, _ place: JobCursor, _ keys: PayloadKeys?) {
        let spec = JobSpec(lenient: item.spec)
        let run = place.state == .executing ? JobRun(record: item.moment) : nil
        let number = Double(item.moment).map { Int($0) }
        self.init(
            queue: place.queue, id: item.id, state: place.state, kind: spec.kind,
            arguments: spec.shownArguments(keys, of: SealOwner(item.id, in: place.queue)), attempts: item.attempts,
            moment: run?.startedAt
                ?? number.map { Date(milliseconds: place.state == .available ? Score.time($0) : $0) },
            worker: run?.worker, key: spec.key)
    }
}
