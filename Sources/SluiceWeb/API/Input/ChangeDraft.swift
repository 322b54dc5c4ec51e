import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which jobs of a queue are changed, by their ids or by conditions.
struct ChangeDraft {
    static let mostIDs = 1000

    var ids: [JobID]?
    var filter: BulkFilter?
    /// Whether a filter without conditions means all jobs.
    var meansAll = false
    var isDry = false
    var delay: Duration?
    var at: Date?
    var reason = ""

    static let shape = Shape(fields)
    /// With a new due time.
    static let reschedule = Shape(fields + due)

    private static let due: [Shape<ChangeDraft>.Field] = [
        .optional("delay", Schema.duration.saying("The time until the jobs are due.")) {
            $1.delay = try $0.duration(mayBeZero: true)
        },
        .optional("at", Schema.anyOf([.time, .number]).saying("When the jobs are due.")) { $1.at = try $0.time() },
    ]

    private static let fields: [Shape<ChangeDraft>.Field] = [
        .optional("ids", Schema.array(.jobID, most: mostIDs, least: 1).saying("The jobs.")) { input, draft in
            let ids = try input.strings(most: mostIDs)
            if ids.isEmpty { throw Invalid("at least one id is expected here") }
            draft.ids = try ids.map { text in
                do throws(SluiceError) {
                    return try JobID(text)
                } catch {
                    throw Invalid(error)
                }
            }
        },
        .optional("where", conditions.schema.saying("Conditions that all hold, instead of ids.")) { input, draft in
            var filter = BulkFilter()
            try conditions.read(input, into: &filter)
            draft.filter = filter
        },
        .optional("all", Schema.boolean.saying("Whether 'where' without conditions means all jobs.")) {
            $1.meansAll = try $0.bool()
        },
        .optional("dry_run", Schema.boolean.saying("Count the jobs that match, and change nothing.")) {
            $1.isDry = try $0.bool()
        },
        .optional("reason", .reason) { $1.reason = try $0.reason() },
    ]

    private static let conditions = Shape<BulkFilter>([
        .optional("state", Schema.array(.states, least: 1).saying("Default: the usual states of the change.")) { input, filter in
            var states: [JobState] = []
            try input.forEachElement { states.append(try $1.word(JobState.self)) }
            if states.isEmpty { throw Invalid("at least one state is expected here") }
            filter.states = states.uniqued
        },
        .optional("kind", .kindName) { $1.kind = try $0.kind() },
        .optional("partitions", .map(.string)) { $1.partitions = try $0.map() },
        .optional("error", Schema.text(shortest: 1).saying("A part of the last error; upper and lower case are alike.")) {
            $1.error = try $0.string()
        },
        .optional("older_than", .duration) { $1.olderThan = try $0.duration(mayBeZero: true) },
        .optional("limit", Schema.count.saying("The number of jobs to change at most.")) {
            $1.limit = try $0.integer(Schema.counts)
        },
    ])

    /// - Throws: ``Invalid`` unless the jobs are named in one way.
    func checked() throws -> ChangeDraft {
        if (ids == nil) == (filter == nil) { throw Invalid("name the jobs by 'ids' or by 'where', one of them") }
        if ids != nil, isDry || meansAll { throw Invalid("'dry_run' and 'all' go with 'where'") }
        if let filter, filter == BulkFilter(), !meansAll, !isDry {
            throw Invalid("'where' has no condition: say \"all\": true if all jobs of the queue are meant")
        }
        return self
    }

    /// The new due time.
    func due() throws -> DueTime {
        if delay != nil, at != nil { throw Invalid("'delay' and 'at' exclude each other") }
        guard let due = delay.map(DueTime.after) ?? at.map(DueTime.at) else { throw Invalid("'delay' or 'at' is missing") }
        return due
    }
}
