import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// The example of the article on composition does what it says.
@Suite(.timeLimit(.minutes(10)))
struct CompositionExampleTests {
    @Test func filmsAreRenderedAndPublished() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        let inspector = try Inspector(url: queues.url, namespace: queues.namespace)
        let worker = studio(sluice)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            #expect(try await produce("metropolis", with: sluice) == "/films/metropolis.mp4")
            #expect(try await path(of: "m", with: sluice) == "/films/m.mp4")
            #expect(
                await queues.eventually(in: "web") {
                    let states = try await inspector.status(of: "web").states
                    return states[.completed] == 1 && states[.scheduled] == 2
                })
            try await queues.advance(by: .seconds(5))
            #expect(
                await queues.eventually(in: "web") { try await inspector.status(of: "web").states[.completed] == 3 })
            group.cancelAll()
            try await group.waitForAll()
        }
        await sluice.close()
        await inspector.close()
    }
}
