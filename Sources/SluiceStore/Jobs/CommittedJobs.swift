package import SluiceCore

/// Jobs that a run has enqueued, which travel with its outcome: the detail of `lua/jobs/commit.lua`.
package struct CommittedJobs: Sendable, Hashable {
    /// Maximum number of jobs that a run may enqueue.
    package static let mostJobs = 500
    /// Maximum size of these jobs together, in bytes.
    package static let mostBytes = 1 << 20

    /// Number of jobs.
    package private(set) var count = 0
    /// The jobs in the form in which they travel.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Adds a job of `queue`; `own` is the queue of the run.
    package mutating func append(_ job: NewJob, to queue: QueueName, of own: QueueName) {
        count += 1
        append(Array(job.id.text.utf8))
        append(job.spec)
        append(Array((job.options ?? "").utf8))
        append(queue == own ? [] : Array(queue.text.utf8))
    }

    private mutating func append(_ part: [UInt8]) {
        bytes.append(contentsOf: "\(part.count):".utf8)
        bytes.append(contentsOf: part)
    }
}
