import Sluice
import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A job as a body describes it: the members have the names of the options of `sluice enqueue`.
struct JobDraft {
    /// Until when a job is unique.
    enum UniqueUntil: String, CaseIterable { case end, start }

    /// Which members a place takes.
    enum Place {
        /// A job for the queue of the path.
        case queue
        /// One of many jobs, each with its queue.
        case many
        /// A callback of a batch.
        case callback
        /// A node of a workflow.
        case node
        /// What a cron entry enqueues.
        case cron
    }

    var queue: QueueName?
    var id: JobID?
    var kind = ""
    var arguments = Array("{}".utf8)
    var delay: Duration?
    var at: Date?
    var priority = 5
    var partitions: [String: String] = [:]
    var needs: [Dependency] = []
    var chain: String?
    var holdsOnDiscard: Bool?
    var maxAttempts: Int?
    var maxWaits: Int?
    var timeout: Duration?
    var deadline: Duration?
    var after: JobID?
    var afterQueue: QueueName?
    var onFailed: FailurePolicy?
    var uniqueKey: String?
    var isUniqueByArguments: Bool?
    var uniqueUntil: UniqueUntil?
    var uniqueFor: Duration?
    var onConflict: Unique.Conflict?
    var notify: String?
    var notifyOn: Set<Notify.Event>?
    var isEncrypted = false
    var redacted: [String] = []
    var version = 1

    /// The request, if its sender may make it.
    /// - Parameter place: The queue of the path, if it names one.
    /// - Throws: ``Invalid`` for members that do not go together; ``Problem`` for what the sender may not do.
    func request(in place: QueueName? = nil, for grant: Grant) throws -> JobRequest {
        guard let queue = place ?? queue else { throw Invalid("'queue' is missing") }
        try grant.require(queue, kind: kind)
        var request = JobRequest(kind: kind, queue: queue, checked: arguments)
        request.id = id
        if delay != nil, at != nil { throw Invalid("'delay' and 'at' exclude each other") }
        request.due = delay.map(DueTime.after) ?? at.map(DueTime.at) ?? .now
        request.priority = priority
        request.partitions = Partitions(partitions)
        request.needs = needs
        if holdsOnDiscard == true, chain == nil { throw Invalid("'hold_on_discard' goes with 'chain'") }
        request.chain = chain.map { Chain($0, onDiscarded: holdsOnDiscard == true ? .hold : .continue) }
        request.maxAttempts = maxAttempts
        request.maxWaits = maxWaits
        request.timeout = timeout
        request.deadline = deadline
        request.after = try followUp(in: queue, for: grant)
        request.unique = try unique(for: grant)
        if notify == nil, notifyOn != nil { throw Invalid("'notify_on' goes with 'notify'") }
        request.notify = notify.map { Notify($0, on: notifyOn ?? [.ended]) }
        request.isEncrypted = isEncrypted
        request.redacted = redacted
        request.version = version
        return request
    }

    private func followUp(in queue: QueueName, for grant: Grant) throws -> FollowUp? {
        guard let after else {
            if afterQueue != nil || onFailed != nil { throw Invalid("'after_queue' and 'on_failed' go with 'after'") }
            return nil
        }
        let place = afterQueue ?? queue
        try grant.require(place)
        return FollowUp(JobHandle(after, in: place), onFailed: onFailed ?? .cancel)
    }

    private func unique(for grant: Grant) throws -> Unique? {
        guard uniqueKey != nil || isUniqueByArguments == true else {
            if uniqueUntil != nil || uniqueFor != nil || onConflict != nil {
                throw Invalid("'unique_until', 'unique_for' and 'on_conflict' go with 'unique' or 'unique_args'")
            }
            return nil
        }
        if uniqueKey != nil, isUniqueByArguments == true { throw Invalid("'unique' and 'unique_args' exclude each other") }
        if uniqueUntil != nil, uniqueFor != nil { throw Invalid("'unique_until' and 'unique_for' exclude each other") }
        // A key is shared by all kinds of the queue: a job could change one of another kind, or learn of it.
        if uniqueKey != nil { try grant.requireAllKinds("a job that is unique by a key") }
        let basis = uniqueKey.map { Unique.Basis.key($0) } ?? .arguments
        let conflict = onConflict ?? .keepExisting
        if let uniqueFor { return .for(uniqueFor, by: basis, onConflict: conflict) }
        return uniqueUntil == .start
            ? .untilStarted(by: basis, onConflict: conflict) : .whileLive(by: basis, onConflict: conflict)
    }
}
