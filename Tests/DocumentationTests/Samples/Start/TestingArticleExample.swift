import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Testing

@Test func greetsWhenItIsTime() async throws {
    let queues = try await TestNamespace()
    let sluice = try await queues.client()
    try await sluice.enqueue(Greet(name: "Ada")) {
        $0.id = "hello"
        $0.delay = .seconds(3600)
    }
    try await queues.advance(by: .seconds(3600))
    try await queues.drain(with: greeter(sluice))
    let inspector = try Inspector(url: queues.url, namespace: queues.namespace)
    #expect(try await inspector.job(JobID("hello"), in: "greetings")?.result == #""Hello, Ada""#)
    await sluice.close()
    await inspector.close()
}

func drainAll(_ queues: TestNamespace, with worker: Worker) async throws {
    while let wait = try await queues.drain(with: worker).compactMap(\.until).min() {
        try await queues.advance(by: max(wait, .milliseconds(1)))
    }
}
