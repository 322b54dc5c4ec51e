public import SluiceCore
import SluiceStore

extension SluiceClient {
    /// Opens a batch.
    ///
    /// - Parameters:
    ///   - name: a label for people.
    ///   - id: an identity of your own; opening a batch whose id is known changes nothing.
    ///   - callbacks: the jobs to enqueue, by event.
    ///   - parent: a batch to which this one belongs as a member. This batch ends there when all its own members have ended: as
    ///     completed if they all completed, else as discarded. The parent may be sealed as soon as this call has returned.
    ///   - durability: how many copies have to exist before this call, and those that add to the batch and seal it, return; nil for
    ///     the client's options.
    /// - Throws: `invalidArgument` or `payloadTooLarge` for a callback that cannot be enqueued; `batchEnded` if the parent is
    ///   finished or not known. Nothing is stored then. `notConfirmed` if the batch is open, without the confirmation.
    public func openBatch(
        _ name: String, id: BatchID? = nil, on callbacks: [BatchEvent: JobRequest] = [:], within parent: BatchID? = nil,
        durability: Durability? = nil
    ) async throws(SluiceError) -> Batch {
        let durability = try self.durability(durability)
        let id = try id?.validated() ?? BatchID(known: IDs.next().text)
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
            // Without this check the batch would stay behind, unknown to every caller.
            _ = try await wantsAttempts(of: parent)
            texts["parent"] = BatchCallback(parent: parent)
        }
        var shortfall = try await relay.tell(id, .open(name: name, callbacks: texts), durability)
        if let parent {
            let ofParent = try await relay.tell(parent, .add([BatchBook.member(id)]), durability)
            shortfall = shortfall ?? ofParent
        }
        if let shortfall { throw shortfall.error(for: id, "is open") }
        return Batch(id, self, durability)
    }

    /// A handle for a batch by its id, to add to it, seal it or look at it; nothing is sent.
    /// - Parameter durability: as for ``openBatch(_:id:on:within:durability:)``.
    public func batch(_ id: BatchID, durability: Durability? = nil) -> Batch { Batch(id, self, durability ?? options.durability) }

    /// Whether the members of a batch also report their first failed attempt.
    /// - Throws: `batchEnded` if the batch takes no more members, before any job is enqueued for it.
    func wantsAttempts(of batch: BatchID) async throws(SluiceError) -> Bool {
        let values = try await store.call(ReadBatch(), batch: batch.validated())
        guard values["created"] != nil, values["finished"] == nil else {
            throw SluiceError(
                .batchEnded, "batch '\(batch)' is finished or was never opened, and takes no members: nothing was added")
        }
        return values["attempts"] == "1"
    }

    /// Enqueues jobs that fit into one call.
    func send(_ jobs: [NewJob], to queue: QueueName, _ durability: Durability) async throws(SluiceError) -> Enqueue.Reply {
        var producer = Sender.Producer()
        return try await batcher(for: queue, durability).sender.send(jobs, as: &producer)
    }
}
