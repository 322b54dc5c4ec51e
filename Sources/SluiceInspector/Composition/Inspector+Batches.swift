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
        var gone: [BatchID] = []
        var rank = 0
        while found.count < limit {
            let page = try await store.batches(from: rank)
            for id in page where found.count < limit {
                if let status = BatchStatus(id, try await store.call(ReadBatch(), batch: id)) {
                    if state == nil || status.state == state { found.append(status) }
                } else {
                    gone.append(id)
                }
            }
            rank += page.count
            if page.count < BatchList.page { break }
        }
        // A user with read permission alone still sees the list.
        if !gone.isEmpty { try? await store.note(.gone, Array(gone.prefix(1000))) }
        return found.sorted { ($0.created, $0.id.text) > ($1.created, $1.id.text) }
    }

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
}
