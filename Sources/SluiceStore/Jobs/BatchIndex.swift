package import Hiredis
package import SluiceCore

/// Records changes of batches in the index of all batches: `lua/relay/batch_index.lua`. Repeating a call is harmless.
package struct BatchIndex: StoreFunction {
    package static let name = "batch_index"

    package enum Change: String, Sendable {
        /// The batch is about to be opened.
        case open
        /// The batch has finished and will expire.
        case finished
        /// The batch does not exist.
        case gone
    }

    private let change: Change
    private let ids: [BatchID]

    package init(_ change: Change, _ ids: [BatchID]) {
        self.change = change
        self.ids = ids
    }

    package func write(into command: inout RedisCommand) {
        command.append(change.rawValue)
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) {}
}

/// Lists ids of batches, newest first: `batch_index.list`.
package struct BatchList: StoreFunction {
    package static let name = "batch_list"
    package static let isReadOnly = true
    /// Number of ids in a page.
    package static let page = 1000

    private let rank: Int
    private let most: Int

    /// - Parameter rank: the rank to start from; 0 is the newest.
    package init(from rank: Int, most: Int = page) {
        self.rank = rank
        self.most = most
    }

    package func write(into command: inout RedisCommand) {
        command.append(rank)
        command.append(most)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [BatchID] {
        reply.elements.compactMap { $0.string.map(BatchID.init(known:)) }
    }
}

extension Store {
    /// Records changes of batches in the index.
    package func note(_ change: BatchIndex.Change, _ ids: [BatchID]) async throws(SluiceError) {
        try await call(BatchIndex(change, ids), key: keys.batches)
    }

    /// A page of the batches that are kept, newest first.
    package func batches(from rank: Int, most: Int = BatchList.page) async throws(SluiceError) -> [BatchID] {
        try await call(BatchList(from: rank, most: most), key: keys.batches)
    }

    /// The states of batches, by position, at most 1,000; empty for those that are not there.
    package func states(ofBatches ids: [BatchID]) async throws(SluiceError) -> [[String: String]] {
        ids.isEmpty ? [] : try await call(ReadBatches(), each: ids.map(keys.batch))
    }
}
