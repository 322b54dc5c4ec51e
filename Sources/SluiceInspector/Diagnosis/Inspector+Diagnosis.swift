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
        let store = store.withoutLoading()
        let result: Result<Diagnosis, SluiceError>
        do throws(SluiceError) {
            result = .success(try await Self.diagnose(queue, store, clock))
        } catch {
            result = .failure(error)
        }
        await store.close()
        return try result.get()
    }

    private static func diagnose(
        _ queue: QueueName?, _ store: Store, _ clock: @Sendable () -> Date
    ) async throws(SluiceError) -> Diagnosis {
        let cures = CureText(namespace: store.keys.namespace)
        let library = try await LibraryExamination(store, cures)
        var parts = [try await ServerExamination(store, cures, clock: clock).part, library.part]
        guard library.isUsable else { return Diagnosis(parts: parts) }
        let queues = try await store.queues()
        for one in queue.map({ [$0] }) ?? queues {
            var examination = QueueExamination(store, one, among: queues, cures)
            try await examination.run()
            parts.append(examination.part)
        }
        if queue == nil {
            var examination = WorkflowExamination(store, queues, cures)
            try await examination.run()
            parts.append(examination.part)
        }
        return Diagnosis(parts: parts)
    }
}
