public import SluiceCore
package import SluiceStore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A job as it is to be enqueued: what it is, and everything about it that can be chosen.
public struct JobRequest: Sendable {
    /// The queue it goes to.
    public var queue: QueueName
    /// Its identity; made by the client unless given. Enqueueing the id of a job that is still kept adds nothing.
    public var id: JobID?
    /// When it is due.
    public var due = DueTime.now
    /// How long after its enqueue it is due, if ``due`` says so.
    public var delay: Duration? {
        get {
            guard case .after(let wait) = due else { return nil }
            return wait
        }
        set { due = newValue.map(DueTime.after) ?? .now }
    }
    /// 0 (first) to 9 (last).
    public var priority: Int
    /// Bad ends before it is discarded, if other than its kind's.
    public var maxAttempts: Int?
    /// How long a run may take, if other than its kind's.
    public var timeout: Duration?
    /// How long after its enqueue, by the server's clock, it is cancelled unless it has ended; that of its kind unless set. It
    /// counts from when the job is accepted, whatever it waits for: for a node of a workflow and a callback of a batch from when
    /// they enter their queue, for what a run enqueues from that run's end.
    public var deadline: Duration?
    /// What it is about, for limits and fairness.
    public var partitions: Partitions
    /// What it depends on outside.
    public var needs: [Dependency]
    /// The chain it belongs to, whose jobs run one after another.
    public var chain: Chain?
    /// How often it may wait because a dependency failed before it is discarded, if other than its kind's.
    public var maxWaits: Int?
    /// What makes it equal to another job, of which at most one lives, if other than its kind's.
    public var unique: Unique?
    /// The job that it follows, if any: it stays suspended until that has ended. A delay counts from then.
    public var after: FollowUp?

    /// The web hook that is to hear of it, if any. Nobody is told of a request that added nothing, since an equal job was there.
    public var notify: Notify?

    /// Whether its arguments, its result and its recorded steps are encrypted with the client's keys.
    public var isEncrypted = false
    /// Names of fields whose values people are not shown.
    public var redacted: [String] = []
    /// The version of its arguments.
    public var version = 1

    /// The batch that it is a member of, or a callback of.
    var batch: BatchID?

    let kind: String
    let arguments: [UInt8]

    /// A job of a type.
    /// - Throws: `invalidArgument` if its arguments cannot be encoded.
    public init<Kind: Job>(_ job: Kind) throws(SluiceError) {
        do {
            arguments = Array(try Self.encoder.encode(job))
        } catch {
            throw SluiceError(.invalidArgument, "the arguments of a job of kind '\(Kind.kind)' cannot be encoded: \(error)")
        }
        kind = Kind.kind
        queue = Kind.options.queue
        priority = Kind.options.priority
        partitions = job.partitions
        needs = Kind.options.needs
        unique = Kind.options.unique
        deadline = Kind.options.deadline
        chain = job.chain
        isEncrypted = Kind.options.isEncrypted
        redacted = Kind.options.redacted
        version = Kind.version
    }

    /// A job of a type, with what is other than its kind's.
    package init<Kind: Job>(
        _ job: Kind, id: JobID?, delay: Duration?, at date: Date?, priority: Int?, timeout: Duration?, maxAttempts: Int?,
        queue: QueueName?
    ) throws(SluiceError) {
        try self.init(job)
        self.id = id
        if let delay { due = .after(delay) }
        if let date { due = .at(date) }
        if let priority { self.priority = priority }
        if let queue { self.queue = queue }
        self.timeout = timeout
        self.maxAttempts = maxAttempts
    }

    /// A job of a kind that has no type here, its arguments as JSON text.
    /// - Throws: `invalidArgument` if they are no JSON.
    public init(kind: String, queue: QueueName, arguments: String) throws(SluiceError) {
        let text = Array(arguments.utf8)
        do throws(JSONScanner.Malformed) {
            try JSONSyntax.check(text)
        } catch {
            throw SluiceError(.invalidArgument, "the arguments are no JSON: \(error.reason)")
        }
        self.kind = kind
        self.queue = queue
        self.arguments = text
        priority = 5
        partitions = [:]
        needs = []
    }

    private static let encoder = JSONEncoder()

    /// Refuses what could not be enqueued, before anything is sent.
    /// - Throws: `invalidArgument` or `payloadTooLarge`.
    package func check(_ rules: PayloadRules) throws(SluiceError) {
        _ = try encoded(id: id ?? JobID(known: "-"), rules, trace: [:])
    }

    /// The job as the store takes it.
    /// - Throws: `invalidArgument` or `payloadTooLarge`; nothing has been sent then.
    package func encoded(
        id: JobID, _ rules: PayloadRules, trace: [String: String], node: (workflow: String, node: String)? = nil
    ) throws(SluiceError) -> NewJob {
        guard (0...9).contains(priority) else {
            throw SluiceError(.invalidArgument, "priority is 0 (first) to 9 (last), not \(priority)")
        }
        if let deadline, deadline < .milliseconds(1) || deadline > .seconds(1e10) {
            throw SluiceError(
                .invalidArgument, "a deadline is from a millisecond to 300 years after the enqueue, not \(deadline)")
        }
        guard chain == nil || priority == 5 else {
            throw SluiceError(
                .invalidArgument, "a chain has an order of its own: its jobs take no priority, and this has \(priority)")
        }
        if kind == Notify.kind, queue == Notify.queue { throw Notify.refusal }
        guard chain?.key.isEmpty != true else {
            throw SluiceError(.invalidArgument, "the key of a chain is empty: all such jobs would be one chain")
        }
        try KindName.check(kind)
        try Redaction.check(redacted)
        var description = JobSpec(
            kind: kind, arguments: arguments, maxAttempts: maxAttempts, timeout: timeout, partitions: partitions, needs: needs,
            chain: chain, maxWaits: maxWaits, batch: batch, trace: trace)
        description.workflow = node?.workflow
        description.node = node?.node
        description.version = max(version, 1)
        description.redacted = redacted
        if isEncrypted {
            try description.seal(rules, of: unique == nil ? SealOwner(id, in: queue) : SealOwner(anyIn: queue))
        } else if rules.requiresEncryption {
            throw SluiceError(.invalidArgument, "a \(kind) job is not encrypted, and this client requires that all are")
        }
        let spec = description.encoded()
        guard spec.count <= rules.limit else {
            throw SluiceError(
                .payloadTooLarge, "a job of kind '\(kind)' of \(spec.count) bytes is above the limit of \(rules.limit)")
        }
        var job = NewJob(
            id: id, spec: spec, due: due, priority: priority, lane: try partitions.lane(needs: needs, chain: chain),
            holds: chain?.onDiscarded == .hold)
        job.deadline = deadline
        job.unique = try claim(ofNode: node?.node, rules)
        try notify?.check()
        job.notify = notify
        return job
    }

    private func claim(ofNode node: String?, _ rules: PayloadRules) throws(SluiceError) -> UniqueClaim? {
        guard let unique else { return nil }
        if let node {
            throw SluiceError(
                .invalidArgument,
                "node '\(node)' is a job of kind '\(kind)', which is unique, and a workflow needs each of its nodes: add it as a request "
                    + "without 'unique'")
        }
        if case .period(let period) = unique.span, period < .milliseconds(1) || period > .seconds(1e10) {
            throw SluiceError(.invalidArgument, "a job is unique for a period from a millisecond to 300 years, not for \(period)")
        }
        let fingerprint = try Fingerprint.of(
            unique.basis, kind: kind, arguments: arguments, hiddenBy: isEncrypted ? rules.keys : nil)
        return UniqueClaim(fingerprint, span: unique.span, onConflict: unique.onConflict)
    }

}
