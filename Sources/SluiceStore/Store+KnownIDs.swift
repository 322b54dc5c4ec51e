import Hiredis
package import SluiceCore

extension Store {
    /// Those of some ids that a queue has a job of, or that were brought to it from another slot so lately that it takes them for
    /// repeated.
    package func known(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> Set<JobID> {
        let queue = try queue.validated()
        let questions: [RedisCommand] = ids.flatMap { id -> [RedisCommand] in
            [["HEXISTS", keys.spec(queue), id.text], ["ZSCORE", keys.seen(queue), id.text]]
        }
        let replies = try await pipeline(questions)
        var known: Set<JobID> = []
        for (position, id) in ids.enumerated() {
            let isThere = try replies[2 * position].get().root.integer == 1
            let isSeen = try !replies[2 * position + 1].get().root.isNull
            if isThere || isSeen { known.insert(id) }
        }
        return known
    }
}
