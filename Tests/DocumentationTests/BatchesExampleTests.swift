import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Testing

/// The example of the article on batches does what it says.
@Suite(.timeLimit(.minutes(10)))
struct BatchesExampleTests {
    @Test(arguments: [(false, "all files are in"), (true, "a file could not be imported")])
    func whatBecameOfAllFilesIsTold(isBroken: Bool, text: String) async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        let worker = importer(sluice) { path in
            if isBroken, path == "b" { throw JobInterruption.discard(reason: "it is empty") }
            return path == "a" ? ["a/1", "a/2"] : []
        }
        let batch = try await importAll(["a", "b"], with: sluice)
        try await queues.drain(with: worker)
        let status = try #require(try await batch.status())
        #expect(status.state == .finished && status.total == 4 && status.failed == (isBroken ? 1 : 0))
        let inspector = try Inspector(url: queues.url, namespace: queues.namespace)
        let told = try await inspector.jobs(matching: JobFilter(queues: ["mail"], states: [.completed])).jobs
        #expect(told.map(\.arguments) == ["{\"text\":\"\(text)\"}"])
        await inspector.close()
        await sluice.close()
    }
}
