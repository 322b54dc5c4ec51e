import Sluice
import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A recurring job as a body describes it: the members have the names of the options of `sluice cron add`.
struct CronDraft {
    var schedule = ""
    var zone = "UTC"
    var job = JobDraft()
    var catchUp = CatchUp.latest
    var overlap = Overlap.allow
    var jitter = Duration.zero
    var start: Date?
    var end: Date?
    var limit: Int?
    var reason = ""

    static let shape = Shape<CronDraft>([
        .required(
            "schedule", Schema.text(shortest: 1).saying("Five fields such as 0 7 * * MON-FRI; @hourly, @daily, …; @every 90s.")
        ) { $1.schedule = try $0.string() },
        .optional("zone", Schema.text(shortest: 1).saying("The name of a time zone. Default: UTC.")) {
            $1.zone = try $0.string()
        },
        .required("job", JobDraft.shape(.cron).schema.saying("The job of each tick.")) { input, draft in
            try JobDraft.shape(.cron).read(input, into: &draft.job)
        },
        .optional(
            "catch_up",
            Schema.text(pattern: "^(none|latest|all|all=[0-9]+)$").saying("Which missed ticks are made up for. Default: latest.")
        ) { $1.catchUp = try $0.parsed(CatchUp.init(parsing:)) },
        .optional(
            "overlap", Schema.words(Overlap.self).saying("When the job of the tick before has not ended. Default: allow.")
        ) { $1.overlap = try $0.word(Overlap.self) },
        .optional("jitter", Schema.duration.saying("The longest random delay of a job after its tick.")) {
            $1.jitter = try $0.duration(mayBeZero: true)
        },
        .optional("start", Schema.moment.saying("The earliest tick.")) { $1.start = try $0.time() },
        .optional("end", Schema.moment.saying("The latest tick.")) { $1.end = try $0.time() },
        .optional("limit", Schema.count.saying("The number of jobs after which the entry is finished.")) {
            $1.limit = try $0.integer(Schema.counts)
        },
        .optional("reason", .reason) { $1.reason = try $0.reason() },
    ])

    /// The entry, if its sender may make it.
    /// - Throws: ``Invalid`` for members that are not valid; ``Problem`` for what the sender may not do.
    func cron(_ name: String, in queue: QueueName, for grant: Grant) throws -> Cron {
        if let end, end < Date() { throw Invalid("the entry would have no tick: name a later time", at: "/end") }
        do {
            return Cron(
                name, schedule: schedule, zone: zone, request: try job.request(in: queue, for: grant), catchUp: catchUp,
                overlap: overlap, jitter: jitter, start: start, end: end, limit: limit)
        } catch let error as Invalid {
            throw error.within("job")
        }
    }
}
