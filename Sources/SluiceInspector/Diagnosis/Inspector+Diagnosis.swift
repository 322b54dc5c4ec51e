public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension Inspector {
    /// Diagnoses the server, the function library, the queues and the workflows.
    ///
    /// It changes nothing: if the library is missing or too old, it reports that and examines no queue. ``Diagnosis/Part/unseen``
    /// lists what this connection's user may not read. The diagnosis uses a connection of its own.
    /// - Parameter queue: One queue only, without workflows. Default: all.
    /// - Throws: a server error if Redis cannot be reached.
    public func diagnose(_ queue: QueueName? = nil) async throws(SluiceError) -> Diagnosis {
        try await diagnose(queue) { Date() }
    }

    /// Diagnoses with a given clock for this machine.
    package func diagnose(
        _ queue: QueueName?, clock: @Sendable () -> Date
    ) async throws(SluiceError) -> Diagnosis {
        var parts: [Diagnosis.Part] = []
        do {
            try await diagnose(queue, clock: clock) { parts.append($0) }
        } catch {
            throw SluiceError(any: error)
        }
        return Diagnosis(parts: parts)
    }

    /// Diagnoses, and passes on each part as soon as it is complete.
    package func diagnose(
        _ queue: QueueName?, clock: @Sendable () -> Date = { Date() }, tell: (Diagnosis.Part) async throws -> Void
    ) async throws {
        let store = store.withoutLoading()
        let result: Result<Void, any Error>
        do {
            result = .success(try await Self.diagnose(queue, store, clock, tell))
        } catch {
            result = .failure(error)
        }
        await store.close()
        try result.get()
    }

    private static func diagnose(
        _ queue: QueueName?, _ store: Store, _ clock: @Sendable () -> Date, _ tell: (Diagnosis.Part) async throws -> Void
    ) async throws {
        let cures = CureText(namespace: store.keys.namespace)
        let library = try await LibraryExamination(store, cures)
        var cluster: ClusterExamination?
        if store.isCluster {
            let examination = try await ClusterExamination(store, cures, clock: clock)
            for part in examination.parts { try await tell(part) }
            guard examination.isCovered else { return }
            cluster = examination
        } else {
            try await tell(try await ServerExamination(store, cures, clock: clock).part)
        }
        try await tell(library.part)
        guard library.isUsable else { return }
        let queues: [QueueName]
        do throws(SluiceError) {
            queues = try await store.queues()
        } catch {
            guard error.isForbidden else { throw error }
            let names = "the names of queues, and so each of them: \(error.refusal)"
            return try await tell(Diagnosis.Part(subject: .workflows, looked: "", unseen: [names]))
        }
        let asked = queue.map { [$0] } ?? queues
        let effort = DiagnosisEffort(queues: asked.count)
        let moving = Set(asked.filter { cluster?.isMoving($0) ?? false })
        try await InOrder.run(asked) { one in
            if moving.contains(one) {
                return Diagnosis.Part(subject: .queue(one), looked: "", unseen: ["all of it: its slot is between two nodes"])
            }
            var examination = QueueExamination(store, one, among: queues, effort, cures)
            try await examination.run()
            return examination.part
        } take: { part in
            try await tell(part)
        }
        if queue == nil {
            var examination = WorkflowExamination(store, queues, cures)
            do throws(SluiceError) {
                try await examination.run()
            } catch {
                guard error.isForbidden else { throw error }
                examination.part.unseen.append("the rest: \(error.refusal)")
            }
            try await tell(examination.part)
        }
    }
}
