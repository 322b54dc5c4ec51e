import SluiceCore

/// The jobs that a worker may still run, where their number is limited. Its queues share them.
///
/// A claim reserves jobs before it asks Redis, and returns what it did not get. So the queues of a worker, whose claims are under
/// way at the same time, never claim more together than is allowed.
struct JobBudget {
    /// Jobs that are not claimed yet, those that a claim has reserved included.
    private var unclaimed: Int
    private var reserved = 0
    /// Claimed jobs whose runs have not ended.
    private var running = 0
    /// Queues that found nothing left because others had reserved it.
    private var denied: Set<QueueName> = []

    init(_ jobs: Int) { unclaimed = max(jobs, 0) }

    /// Whether all jobs have run.
    var isSpent: Bool { unclaimed == 0 && running == 0 }

    /// How many jobs a queue may claim now.
    mutating func room(for queue: QueueName) -> Int {
        let room = unclaimed - reserved
        if room == 0, reserved > 0 { denied.insert(queue) }
        return room
    }

    /// Reserves up to `wanted` jobs. Each reservation ends with ``claimed(_:of:)``.
    mutating func reserve(_ wanted: Int, for queue: QueueName) -> Int {
        let granted = min(wanted, room(for: queue))
        reserved += granted
        return granted
    }

    /// Ends a reservation that brought some jobs.
    /// - Returns: The queues that should look again.
    mutating func claimed(_ jobs: Int, of granted: Int) -> Set<QueueName> {
        reserved -= granted
        unclaimed -= jobs
        running += jobs
        if unclaimed - reserved <= 0 { return [] }
        defer { denied = [] }
        return denied
    }

    /// Notes the end of a claimed job here. A job that could not begin leaves its place to another one.
    mutating func ended(hasRun: Bool) {
        running -= 1
        if !hasRun { unclaimed += 1 }
    }
}
