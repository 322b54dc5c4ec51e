public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension Inspector {
    /// Looks for what is wrong with the server, the function library, the queues and the workflows.
    ///
    /// Changes nothing: where the library is missing or too old, it says so and looks at no queue. What the user of this connection
    /// may not look at is told in ``Diagnosis/Part/unseen``. It uses a connection of its own.
    /// - Parameter queue: One queue only, and no workflows. Default: all.
    /// - Throws: what the way to Redis came up with.
    public func diagnose(_ queue: QueueName? = nil) async throws(SluiceError) -> Diagnosis {
        try await diagnose(queue) { Date() }
    }

    /// The same, for a clock of this machine.
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

    /// The same, each part handed on as soon as it is known.
    package func diagnose(
        _ queue: QueueName?, clock: @Sendable () -> Date = { Date() }, tell: (Diagnosis.Part) throws -> Void
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
        _ queue: QueueName?, _ store: Store, _ clock: @Sendable () -> Date, _ tell: (Diagnosis.Part) throws -> Void
    ) async throws {
        let cures = CureText(namespace: store.keys.namespace)
        let library = try await LibraryExamination(store, cures)
        try tell(try await ServerExamination(store, cures, clock: clock).part)
        try tell(library.part)
        guard library.isUsable else { return }
        let queues = try await store.queues()
        let asked = queue.map { [$0] } ?? queues
        let effort = DiagnosisEffort(queues: asked.count)
        try await InOrder.run(asked) { one in
            var examination = QueueExamination(store, one, among: queues, effort, cures)
            try await examination.run()
            return examination.part
        } take: { part in
            try tell(part)
        }
        if queue == nil {
            var examination = WorkflowExamination(store, queues, cures)
            try await examination.run()
            try tell(examination.part)
        }
    }
}
