import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceWorker

/// What a worker tells of its process.
@Suite(.timeLimit(.minutes(10)))
struct ProcessInfoTests {
    private struct Info: Decodable {
        var host: String
        var version: String?
    }

    private func info(_ version: String?) throws -> Info {
        let text = ProcessInfoJSON.text(host: "h", concurrency: 4, kinds: ["email"], version: version)
        return try JSONDecoder().decode(Info.self, from: Data(text.utf8))
    }

    @Test func aVersionIsBoundedAndQuoted() throws {
        #expect(try info("2.3.1").version == "2.3.1")
        #expect(try info("a\"b\n\u{1B}").version == "a\"b\n\u{1B}")
        #expect(try info(nil).version == nil)
        #expect(try info("").version == nil)
        #expect(try info(String(repeating: "v", count: 500)).version == String(repeating: "v", count: 128))
        // A character is kept whole or left out.
        #expect(try info(String(repeating: "v", count: 126) + "€").version == String(repeating: "v", count: 126))
        #expect(try info("2.3.1").host == "h")
    }

    @Test func aWorkerTellsItsVersion() async throws {
        let fixture = try await Fixture()
        let options = WorkerOptions(grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8, version: "2.3.1 <b>")
        let worker = Worker(fixture.client, queues: [Queue(fixture.queue, concurrency: 4)], options: options)
        worker.handle(Numbered.self) { job, _ in job.number }
        try await fixture.running(worker) {
            let isThere = await fixture.queues.eventually(in: fixture.queue) {
                try await fixture.inspector.workers(of: fixture.queue).count == 1
            }
            #expect(isThere)
            let workers = try await fixture.inspector.workers(of: fixture.queue)
            #expect(workers.map(\.version) == ["2.3.1 <b>"])
        }
    }
}
