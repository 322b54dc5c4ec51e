package import Hiredis
package import SluiceCore

/// Finds jobs with a link to a batch or workflow in several queues, by position: `lua/operators/view.lua`.
package struct FindLinked: StoreFunction {
    package static let name = "linked"
    package static let isReadOnly = true

    package struct Item: Sendable, Hashable {
        package var id: JobID
        /// The kind; empty if it cannot be read.
        package var kind: String
        /// The state; nil for one that this program does not know.
        package var state: JobState?
    }

    /// The link: `batch.ID`, for instance.
    package var target: String
    /// At most 999.
    package var ids: [JobID]

    package init(target: String, ids: [JobID]) {
        self.target = target
        self.ids = ids
    }

    package func write(into command: inout RedisCommand) {
        command.append(target)
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [[Item]] {
        guard reply.kind == .array else { throw malformed(Self.name) }
        return reply.elements.map { list in
            list.rows(of: 3).map { Item(id: $0.id(0), kind: $0.text(1), state: $0.state(2)) }
        }
    }
}

extension Store {
    /// The jobs that queues have among some ids, with a link to a target, by position, for at most 1,000 queues. One call, and in
    /// a cluster one for each slot.
    package func linked(
        to target: String, among ids: [JobID], in queues: [QueueName]
    ) async throws(SluiceError) -> [[FindLinked.Item]] {
        if queues.isEmpty || ids.isEmpty { return queues.map { _ in [] } }
        let found = try await call(FindLinked(target: target, ids: ids), each: queues.map(keys.base))
        guard found.count == queues.count else { throw malformed(FindLinked.name) }
        return found
    }
}
