import Hiredis
package import SluiceCore

extension Store {
    /// Whether a queue has a job with this id.
    package func has(_ id: JobID, in queue: QueueName) async throws(SluiceError) -> Bool {
        try await send(["HEXISTS", keys.spec(queue.validated()), id.text], key: keys.base(queue)).root.integer == 1
    }

    /// The ids for which a queue has a job, or remembers a recent delivery from another slot, so that a new job with that id
    /// would count as a repetition.
    package func known(_ ids: [JobID], in queue: QueueName) async throws(SluiceError) -> Set<JobID> {
        let queue = try queue.validated()
        let questions: [RedisCommand] = ids.flatMap { id -> [RedisCommand] in
            [["HEXISTS", keys.spec(queue), id.text], ["ZSCORE", keys.seen(queue), id.text]]
        }
        let replies = try await pipeline(questions, key: keys.base(queue))
        var known: Set<JobID> = []
        for (position, id) in ids.enumerated() {
            let isThere = try replies[2 * position].get().root.integer == 1
            let isSeen = try !replies[2 * position + 1].get().root.isNull
            if isThere || isSeen { known.insert(id) }
        }
        return known
    }
}
