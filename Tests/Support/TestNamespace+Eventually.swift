package import SluiceCore
import SluiceStore
package import SluiceTesting

extension TestNamespace {
    /// Waits until a condition holds. Checks it after each transition of the queue, and every tenth of a second for changes without
    /// a transition. A condition that throws counts as false, since the server may be away.
    /// - Returns: false if the condition did not hold within the limit.
    package func eventually(
        in queue: QueueName, within limit: Duration = .seconds(300), _ condition: () async throws -> Bool
    ) async -> Bool {
        let listener = store.eventListener()
        let end = ContinuousClock.now + limit
        var position = (try? await store.lastEvent(of: queue)) ?? "0-0"
        var holds = (try? await condition()) ?? false
        while !holds, ContinuousClock.now < end, !Task.isCancelled {
            let entries = try? await listener.next(after: [queue: position], within: .milliseconds(100))
            position = entries?.last?.position ?? position
            holds = (try? await condition()) ?? false
        }
        await listener.close()
        return holds
    }
}
