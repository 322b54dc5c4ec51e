import SluiceCore
import SluiceInspector

/// The examinations of a site that run in the background, each once for all who look.
actor HealthTasks {
    /// The audit of a queue, and its repair.
    struct QueueRuns: Sendable {
        let audit = SharedRun<AuditReport>()
        let plan = SharedRun<[Repair]>()
        let repair = SharedRun<[Repair]>()

        var isUnderWay: Bool {
            get async {
                if await audit.isUnderWay { return true }
                if await plan.isUnderWay { return true }
                return await repair.isUnderWay
            }
        }
    }

    /// The most queues that are examined at once.
    private static let most = 4

    nonisolated let diagnosis = SharedRun<Diagnosis>()
    nonisolated let kinds = SharedRun<[UnhandledKind]>()
    private var queues: [QueueName: QueueRuns] = [:]

    /// What has run, or runs, in a queue; nil if nothing has.
    func known(_ queue: QueueName) -> QueueRuns? { queues[queue] }

    /// The same, made if it is not there. The queue must exist, so that their number is bounded.
    func runs(of queue: QueueName) -> QueueRuns {
        if let found = queues[queue] { return found }
        let made = QueueRuns()
        queues[queue] = made
        return made
    }

    /// Whether another queue may be examined now.
    func hasRoom() async -> Bool {
        var count = 0
        for runs in queues.values where await runs.isUnderWay { count += 1 }
        return count < Self.most
    }

    /// Stops everything, and waits until it has ended.
    func stopAll() async {
        await diagnosis.stopAndWait()
        await kinds.stopAndWait()
        for runs in queues.values {
            await runs.audit.stopAndWait()
            await runs.plan.stopAndWait()
            await runs.repair.stopAndWait()
        }
    }
}
