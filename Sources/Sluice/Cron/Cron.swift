public import SluiceCore
package import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A job that recurs, under a name that is unique in its queue.
///
/// ```swift
/// Queue("mail", cron: [Cron("digest", schedule: "0 7 * * MON-FRI", zone: "Europe/Berlin", job: Digest(), overlap: .skip)])
/// ```
/// Each tick enqueues one job, whose id holds the name and the tick, such as `cron:digest:20261123T060000Z`. Any number of
/// workers may look for ticks; each tick fires once. The article <doc:Cron> covers clock changes, ticks that were missed while
/// workers were away, and jobs that run longer than the interval.
public struct Cron: Sendable {
    /// The name of the entry: 1 to 64 letters, digits, dots, dashes or underscores.
    public var name: String
    /// The schedule, in the syntax of ``CronExpression``.
    public var schedule: String
    /// The name of a time zone, such as `Europe/Berlin`.
    public var zone: String
    /// The policy for ticks that no worker fired in time.
    public var catchUp: CatchUp
    /// The policy for a tick whose predecessor's job has not ended.
    public var overlap: Overlap
    /// The longest random delay of a job after its tick. It is fixed for each tick, and must be less than the interval.
    public var jitter: Duration
    /// The earliest tick, if bounded.
    public var start: Date?
    /// The latest tick, if bounded.
    public var end: Date?
    /// The number of jobs after which the entry is finished.
    public var limit: Int?

    private let request: Result<JobRequest, SluiceError>

    /// An entry for a job of a type. The job takes its kind's options; it goes to the queue of the entry.
    public init<Kind: Job>(
        _ name: String, schedule: String, zone: String = "UTC", job: Kind, catchUp: CatchUp = .latest,
        overlap: Overlap = .allow, jitter: Duration = .zero, start: Date? = nil, end: Date? = nil, limit: Int? = nil
    ) {
        let request: Result<JobRequest, SluiceError>
        do throws(SluiceError) {
            request = .success(try JobRequest(job))
        } catch {
            request = .failure(error)
        }
        self.init(name, schedule, zone, request, catchUp, overlap)
        (self.jitter, self.start, self.end, self.limit) = (jitter, start, end, limit)
    }

    /// An entry for a job as requested. The request can have no id, no delay and no job to follow.
    public init(
        _ name: String, schedule: String, zone: String = "UTC", request: JobRequest, catchUp: CatchUp = .latest,
        overlap: Overlap = .allow, jitter: Duration = .zero, start: Date? = nil, end: Date? = nil, limit: Int? = nil
    ) {
        self.init(name, schedule, zone, .success(request), catchUp, overlap)
        (self.jitter, self.start, self.end, self.limit) = (jitter, start, end, limit)
    }

    private init(
        _ name: String, _ schedule: String, _ zone: String, _ request: Result<JobRequest, SluiceError>, _ catchUp: CatchUp,
        _ overlap: Overlap
    ) {
        self.name = name
        self.schedule = schedule
        self.zone = zone
        self.request = request
        self.catchUp = catchUp
        self.overlap = overlap
        jitter = .zero
    }
}

extension Cron {
    /// The entry as Redis stores it, in a queue.
    /// - Throws: `invalidArgument` for values that are not valid; `payloadTooLarge`.
    package func entry(in queue: QueueName, _ payload: PayloadRules) throws(SluiceError) -> CronEntry {
        try checkName(name, of: "cron entry")
        var request = try request.get()
        guard request.id == nil, request.due == .now, request.after == nil else {
            throw refusal("its jobs take no id, no delay and no job to follow")
        }
        guard request.unique == nil else {
            throw refusal("its jobs are told apart by their ticks: give it a request without 'unique', and an overlap")
        }
        // Batch and trace belong to the moment of an enqueue, not to an entry.
        request.batch = nil
        var rules = payload
        // All workers that declare the entry have to arrive at the same text.
        rules.isRepeatable = true
        request.queue = queue
        let job = try request.encoded(id: JobID(known: "cron:\(name):"), rules, trace: [:])
        var entry = CronEntry(
            expression: schedule, zone: zone, job: job.spec, options: job.options, catchUp: catchUp, overlap: overlap)
        entry.jitter = jitter.milliseconds
        entry.start = start.map(Self.milliseconds)
        entry.end = end.map(Self.milliseconds)
        entry.limit = limit
        try check(entry)
        return entry
    }

    private func check(_ entry: CronEntry) throws(SluiceError) {
        let schedule = try entry.schedule()
        if let limit, limit < 1 { throw refusal("its limit is 1 job or more, not \(limit)") }
        if case .all(let limit) = catchUp, !(1...1000).contains(limit) {
            throw refusal("it catches up with 1 to 1,000 ticks, not \(limit)")
        }
        if let start, let end, start >= end { throw refusal("its end comes before its start") }
        if jitter < .zero { throw refusal("its jitter is less than nothing") }
        guard schedule.next(after: (entry.start ?? 0) / 1000 - 1) != nil else {
            throw refusal("no tick lies between its start and its end")
        }
        if let gap = schedule.shortestGap, entry.jitter >= gap * 1000 {
            throw refusal("its jitter is longer than the time between two ticks, which is \(gap) s at the least")
        }
    }

    private func refusal(_ reason: String) -> SluiceError { SluiceError(.invalidArgument, "cron entry '\(name)': \(reason)") }

    private static func milliseconds(_ date: Date) -> Int {
        Int(min(max((date.timeIntervalSince1970 * 1000).rounded(), 0), 1e14))
    }
}
