public import SluiceCore
import SluiceStore

extension SluiceClient {
    /// Opens a batch.
    ///
    /// - Parameters:
    ///   - name: for people.
    ///   - id: an identity of one's own; opening one that is known changes nothing.
    ///   - callbacks: jobs to be enqueued when something is true of all members, or of the first that failed.
    ///   - parent: a batch that this one is a member of: it ends there when all its own members have, completed if they all did,
    ///     else discarded. The parent may be sealed as soon as this call has returned.
    /// - Throws: `invalidArgument`, `payloadTooLarge` for callbacks that could not be enqueued; nothing is stored then.
    ///   `batchEnded` if the parent is finished or not known.
    public func openBatch(
        _ name: String, id: BatchID? = nil, on callbacks: [BatchEvent: JobRequest] = [:], within parent: BatchID? = nil
    ) async throws(SluiceError) -> Batch {
        let id = id ?? BatchID(known: IDs.next().text)
        var texts: [String: BatchCallback] = [:]
        let trace = TraceHeaders.current()
        for (event, request) in callbacks {
            if request.id != nil || request.after != nil {
                throw SluiceError(
                    .invalidArgument,
                    "the callback of '\(event.rawValue)' has the id '\(id).\(event.rawValue)' and follows the batch: "
                        + "it takes no other id, and no job to follow")
            }
            var request = request
            request.batch = id
            let job = try request.encoded(id: JobID(known: "\(id).\(event.rawValue)"), options.payload, trace: trace)
            texts[event.rawValue] = BatchCallback(job, queue: try request.queue.validated())
        }
        if let parent {
            // Else this one would be there without anybody who knows of it.
            _ = try await wantsAttempts(of: parent)
            texts["parent"] = BatchCallback(parent: parent)
        }
        try await tell(id, .open(name: name, callbacks: texts))
        if let parent { try await tell(parent, .add([BatchBook.member(id)])) }
        return Batch(id, self)
    }

    /// A batch by its id, to add to it, to seal it, to look at it.
    public func batch(_ id: BatchID) -> Batch { Batch(id, self) }

    /// Whether the members of a batch tell it of their first bad end, too.
    /// - Throws: `batchEnded` if it takes no members any more, so that none is enqueued that would count for nothing.
    func wantsAttempts(of batch: BatchID) async throws(SluiceError) -> Bool {
        let values = try await store.call(ReadBatch(), on: batch)
        guard values["created"] != nil, values["finished"] == nil else {
            throw SluiceError(
                .batchEnded, "batch '\(batch)' is finished or was never opened, and takes no members: nothing was added")
        }
        return values["attempts"] == "1"
    }

    func tell(_ batch: BatchID, _ verb: BatchCall.Verb) async throws(SluiceError) {
        try await relay.tell(batch, verb)
    }

    /// Enqueues at most a call's worth.
    func send(_ jobs: [NewJob], to queue: QueueName) async throws(SluiceError) -> Enqueue.Reply {
        var producer = Sender.Producer()
        return try await sender(for: queue).send(jobs, as: &producer)
    }
}
