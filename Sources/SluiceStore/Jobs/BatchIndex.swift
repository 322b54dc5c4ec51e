package import Hiredis
package import SluiceCore

/// Notes batches where they are listed: `lua/relay/batch_index.lua`. Repeating a call is harmless.
package struct BatchIndex: StoreFunction {
    package static let name = "batch_index"

    package enum Change: String, Sendable {
        /// It is about to be opened.
        case open
        /// It will vanish.
        case finished
        /// It is not there.
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

/// Ids of batches, the newest first: `batch_index.list`.
package struct BatchList: StoreFunction {
    package static let name = "batch_list"
    package static let isReadOnly = true
    /// Ids in a call.
    package static let page = 1000

    private let rank: Int

    /// - Parameter rank: where to begin; 0 is the newest.
    package init(from rank: Int) { self.rank = rank }

    package func write(into command: inout RedisCommand) {
        command.append(rank)
        command.append(Self.page)
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [BatchID] {
        reply.elements.compactMap { $0.string.map(BatchID.init(known:)) }
    }
}

extension Store {
    /// Notes batches in the index.
    package func note(_ change: BatchIndex.Change, _ ids: [BatchID]) async throws(SluiceError) {
        try await call(BatchIndex(change, ids), key: keys.batches)
    }

    /// A page of the batches that are kept, the newest first.
    package func batches(from rank: Int) async throws(SluiceError) -> [BatchID] {
        try await call(BatchList(from: rank), key: keys.batches)
    }
}
