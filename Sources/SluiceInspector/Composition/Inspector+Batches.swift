public import SluiceCore
import SluiceStore

extension Inspector {
    /// Returns the stored batches, newest first. An unfinished batch stays stored; a finished one is kept for a day.
    /// - Parameters:
    ///   - state: Only batches in this state.
    ///   - limit: The number of batches to return at most.
    /// - Throws: a server error if Redis cannot be used.
    public func batches(state: BatchStatus.State? = nil, limit: Int = 50) async throws(SluiceError) -> [BatchStatus] {
        var found: [BatchStatus] = []
        var cursor: String?
        repeat {
            let page = try await batchPage(state: state, limit: min(max(limit - found.count, 1), 1000), after: cursor)
            found += page.batches
            cursor = page.next
        } while cursor != nil && found.count < limit
        return found.prefix(limit).sorted { ($0.created, $0.id.text) > ($1.created, $1.id.text) }
    }

    /// Returns a page of the stored batches, newest first. It makes at most 17 calls. With a state it examines at most eight times
    /// `limit` batches, so a page can have fewer, or none, and a cursor all the same. A batch that is opened meanwhile moves one to
    /// the next page, where it is listed again.
    /// - Parameters:
    ///   - state: Only batches in this state.
    ///   - limit: The number of batches to return at most, 1 to 1,000.
    ///   - cursor: The cursor of the page before; nil for the first page.
    /// - Throws: `invalidArgument` for an invalid cursor; a server error if Redis cannot be used.
    public func batchPage(
        state: BatchStatus.State? = nil, limit: Int = 50, after cursor: String? = nil
    ) async throws(SluiceError) -> BatchPage {
        let limit = min(max(limit, 1), 1000)
        guard var rank = Int(cursor ?? "0"), (0...1_000_000_000).contains(rank) else {
            throw SluiceError(.invalidArgument, "'\((cursor ?? "").prefix(40))' is no cursor of a list of batches")
        }
        var found: [BatchStatus] = []
        var gone: [BatchID] = []
        var isEnd = false
        for _ in 0..<Self.mostRounds where !isEnd && found.count < limit {
            let most = limit - found.count
            let ids = try await store.batches(from: rank, most: most)
            for (id, values) in zip(ids, try await store.states(ofBatches: ids)) {
                guard let status = BatchStatus(id, values) else {
                    gone.append(id)
                    continue
                }
                if state == nil || status.state == state { found.append(status) }
            }
            rank += ids.count
            isEnd = ids.count < most
        }
        // Entries without a batch go at the end of the list: before that, the ranks behind them would change. A user with read
        // permission alone still sees the list.
        if isEnd, !gone.isEmpty { try? await store.note(.gone, Array(gone.prefix(1000))) }
        found.sort { ($0.created, $0.id.text) > ($1.created, $1.id.text) }
        return BatchPage(batches: found, next: isEnd ? nil : "\(rank)")
    }

    /// The pages of ids that are examined for one page of batches.
    private static let mostRounds = 8

    /// Returns a batch with its callbacks and members that have not ended; nil if there is no such batch, or if it finished more
    /// than a day ago.
    /// - Parameters:
    ///   - id: The id of the batch.
    ///   - members: The number of members to name, 1 to 1,000; if more have not ended, the choice is random.
    /// - Throws: a server error if Redis cannot be used.
    public func batch(_ id: BatchID, members: Int = 100) async throws(SluiceError) -> BatchDetails? {
        let values = try await store.call(ReadBatch(), batch: id)
        guard let status = BatchStatus(id, values) else { return nil }
        let view = try await store.call(ViewBatch(most: min(max(members, 1), 1000)), batch: id)
        let firing = Set(values["firing", default: ""].split(separator: " ").map(String.init))
        return BatchDetails(status, firing: firing, view)
    }

    /// The queues that one call looks into for members.
    private static let queuesPerCall = 50

    /// Finds members of a batch, which knows their ids and not their queues. It makes at most `calls` calls, for 50 queues each, and
    /// ends when all members are found.
    /// - Parameters:
    ///   - ids: The ids of members, at most 999.
    ///   - queues: The queues to look into, the likely ones first.
    /// - Throws: a server error if Redis cannot be used.
    package func members(
        _ ids: [JobID], of batch: BatchID, in queues: [QueueName], calls: Int
    ) async throws(SluiceError) -> [JobID: BatchMember] {
        var found: [JobID: BatchMember] = [:]
        for page in queues.pages(of: Self.queuesPerCall).prefix(calls) where found.count < ids.count {
            let lists = try await store.linked(to: "batch.\(batch)", among: ids.filter { found[$0] == nil }, in: page)
            for (queue, items) in zip(page, lists) {
                for item in items {
                    found[item.id] = BatchMember(queue: queue, id: item.id, kind: item.kind, state: item.state)
                }
            }
        }
        return found
    }
}
