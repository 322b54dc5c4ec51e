import SluiceCore

/// Finds out when the queues of a worker have nothing left that it could start now.
///
/// A queue is busy from a look that found a job until a later look finds none and nothing of it runs. While no queue is busy and
/// nothing is being delivered, a round begins, in which every queue looks once more. If all of them find nothing in the same
/// round, the queues are empty: no run and no delivery of this worker has added a job behind the back of a queue.
struct Emptiness {
    enum Step: Equatable {
        case wait
        /// Every queue has to look once more.
        case look
        case over
    }

    private let queues: Set<QueueName>
    private var busy: Set<QueueName>
    /// Deliveries to other queues, and firings of cron, that are under way.
    private var deliveries = 0
    private var round = 0
    /// The queues that found nothing in this round.
    private var empty: Set<QueueName> = []

    init(_ queues: Set<QueueName>) {
        self.queues = queues
        busy = queues
    }

    private var isQuiet: Bool { busy.isEmpty && deliveries == 0 }

    /// The round that a look which begins now belongs to, if there is one.
    var current: Int? { isQuiet ? round : nil }

    /// Notes a look that found something, or failed.
    mutating func found(in queue: QueueName) { busy.insert(queue) }

    /// Notes a look that found nothing.
    /// - Parameter look: The round in which it began.
    mutating func foundNothing(in queue: QueueName, _ look: Int?) -> Step {
        if busy.remove(queue) != nil { return next() }
        guard isQuiet, look == round else { return .wait }
        empty.insert(queue)
        return empty == queues ? .over : .wait
    }

    /// Notes the begin of a delivery.
    mutating func begins() { deliveries += 1 }

    /// Notes the end of a delivery.
    mutating func ends() -> Step {
        deliveries -= 1
        return next()
    }

    private mutating func next() -> Step {
        guard isQuiet else { return .wait }
        round += 1
        empty = []
        return .look
    }
}
