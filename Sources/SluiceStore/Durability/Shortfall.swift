package import SluiceCore

/// Why a call that Redis accepted is not confirmed as its durability asks.
package struct Shortfall: Sendable, Hashable {
    /// The middle of a sentence, such as "0 of 1 replicas confirmed it within 2 s".
    package var reason: String

    init(_ reason: String) { self.reason = reason }

    /// The error for jobs of a queue. They are in Redis.
    package func error(for jobs: [JobID], in queue: QueueName) -> SluiceError {
        let what = jobs.count == 1 ? "job \(jobs[0]) is" : "\(jobs.count) jobs are"
        var error = error(for: "\(what) in queue \(queue)")
        error.jobs = Array(jobs.prefix(1000))
        return error
    }

    /// The error for a batch, and what is stored of it.
    package func error(for batch: BatchID, _ stored: String) -> SluiceError {
        var error = error(for: "batch '\(batch)' \(stored)")
        error.batch = batch
        return error
    }

    /// The error for something else that is stored, such as a workflow.
    package func error(for stored: String) -> SluiceError {
        SluiceError(.notConfirmed, "\(stored), but \(reason): a failover may lose what only the primary has")
    }
}

/// The reply of a durable call.
package struct Confirmed<Reply: Sendable>: Sendable {
    package var reply: Reply
    /// Nil if the call is confirmed.
    package var shortfall: Shortfall?
}
