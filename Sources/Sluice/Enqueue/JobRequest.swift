public import SluiceCore
package import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A job to enqueue, with all its options.
public struct JobRequest: Sendable {
    /// The queue that the job goes to.
    public var queue: QueueName
    /// The id of the job; the client makes one unless given. Enqueueing an id that is still kept adds nothing.
    public var id: JobID?
    /// When the job is due.
    public var due = DueTime.now
    /// The delay from the enqueue until the job is due, if ``due`` holds one.
    public var delay: Duration? {
        get {
            guard case .after(let wait) = due else { return nil }
            return wait
        }
        set { due = newValue.map(DueTime.after) ?? .now }
    }
    /// The priority, from 0 (first) to 9 (last).
    public var priority: Int
    /// Failed attempts after which the job is discarded; nil for its kind's.
    public var maxAttempts: Int?
    /// The longest time a run may take; nil for its kind's.
    public var timeout: Duration?
    /// The job is cancelled if it has not ended this long after its enqueue, by the server's clock; nil for its kind's. The time
    /// counts from when the job is accepted, whatever it waits for. Nodes of workflows and callbacks of batches count from when
    /// they enter their queue. Jobs that a run enqueues with its outcome count from that run's end.
    public var deadline: Duration?
    /// The partitions of the job, for limits and fairness.
    public var partitions: Partitions
    /// The outside dependencies of the job.
    public var needs: [Dependency]
    /// The chain of the job, if any. The jobs of a chain run one after another.
    public var chain: Chain?
    /// Waits for failed dependencies after which the job is discarded; nil for its kind's.
    public var maxWaits: Int?
    /// The uniqueness of the job: at most one of several equal jobs lives. Nil for its kind's.
    public var unique: Unique?
    /// The job to follow, if any. The job stays suspended until that one has ended; a delay counts from then.
    public var after: FollowUp?

    /// The webhook that is notified about the job, if any. A deduplicated request sends no webhook.
    public var notify: Notify?

    /// Whether arguments, result and recorded steps are encrypted with the client's keys.
    public var isEncrypted = false
    /// The fields whose values are hidden from people.
    public var redacted: [String] = []
    /// The version of the arguments.
    public var version = 1

    /// The batch of which the job is a member or a callback.
    var batch: BatchID?
    /// The headers of a trace that another program began; empty for those of the current task.
    package var trace: [String: String] = [:]

    let kind: String
    let arguments: [UInt8]

    /// A request for a job of a type, with its kind's options.
    ///
    /// ```swift
    /// let request = try JobRequest(Resize(url: url)) { $0.priority = 0 }
    /// ```
    /// - Parameter configure: sets the options that differ from the kind's.
    /// - Throws: `invalidArgument` if the arguments cannot be encoded.
    public init<Kind: Job>(_ job: Kind, _ configure: (inout JobRequest) -> Void = { _ in }) throws(SluiceError) {
        do {
            arguments = try ArgumentsEncoder.text(of: job) ?? Array(Self.encoder.encode(job))
        } catch {
            throw SluiceError(.invalidArgument, "the arguments of a job of kind '\(Kind.kind)' cannot be encoded: \(error)")
        }
        let options = Kind.options
        kind = Kind.kind
        queue = options.queue
        priority = options.priority
        partitions = job.partitions
        needs = options.needs
        unique = options.unique
        deadline = options.deadline
        chain = job.chain
        isEncrypted = options.isEncrypted
        redacted = options.redacted
        version = Kind.version
        configure(&self)
    }

    /// A request for a job of a kind that has no type in this program.
    /// - Parameter arguments: a JSON text.
    /// - Throws: `invalidArgument` if the arguments are not valid JSON.
    public init(kind: String, queue: QueueName, arguments: String) throws(SluiceError) {
        let text = Array(arguments.utf8)
        do throws(JSONScanner.Malformed) {
            try JSONSyntax.check(text)
        } catch {
            throw SluiceError(.invalidArgument, "the arguments are no JSON: \(error.reason)")
        }
        self.init(kind: kind, queue: queue, checked: text)
    }

    /// The same with arguments that are known to be JSON.
    package init(kind: String, queue: QueueName, checked arguments: [UInt8]) {
        self.kind = kind
        self.queue = queue
        self.arguments = arguments
        priority = 5
        partitions = [:]
        needs = []
    }

    private static let encoder = JSONEncoder()

    /// Refuses a request that could not be enqueued, before anything is sent.
    /// - Throws: `invalidArgument` or `payloadTooLarge`.
    package func check(_ rules: PayloadRules) throws(SluiceError) {
        _ = try encoded(id: id ?? JobID(known: "-"), rules, trace: [:])
    }

    /// Encodes the job for the store.
    /// - Throws: `invalidArgument` or `payloadTooLarge`, before anything is sent.
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
        _ = try id.validated()
        if kind == Notify.kind, queue == Notify.queue { throw Notify.refusal }
        guard chain?.key.isEmpty != true else {
            throw SluiceError(.invalidArgument, "the key of a chain is empty: all such jobs would be one chain")
        }
        try KindName.check(kind)
        try Redaction.check(redacted)
        var description = JobSpec(
            kind: kind, arguments: arguments, maxAttempts: maxAttempts, timeout: timeout, partitions: partitions, needs: needs,
            chain: chain, maxWaits: maxWaits, batch: batch, trace: self.trace.isEmpty ? trace : self.trace)
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
