import Sluice
import SluiceInspector
import SluiceTesting
import Testing

/// The helper of the article on testing does what it says.
@Suite(.timeLimit(.minutes(10)))
struct TestingExampleTests {
    @Test func theClockIsMovedUntilNothingIsLeft() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        for hours in 1...3 { try await sluice.enqueue(Greet(name: "Ada")) { $0.delay = .seconds(3600 * hours) } }
        try await drainAll(queues, with: greeter(sluice))
        let inspector = try Inspector(url: queues.url, namespace: queues.namespace)
        let totals = try await inspector.status(of: "greetings").totals
        #expect(totals["completed"] == 3)
        await inspector.close()
        await sluice.close()
    }
}
