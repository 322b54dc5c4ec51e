import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Synchronization
import Testing

/// The example of the article on middleware does what it says.
@Suite(.timeLimit(.minutes(10)))
struct MiddlewareExampleTests {
    @Test func lettersOfSuspendedAccountsWait() async throws {
        let queues = try await TestNamespace()
        let sluice = try await queues.client()
        let ids = try ["sent", "suspended", "closed"].map { try JobID($0) }
        try await sluice.enqueue(Letter(account: "good", text: "sent")) { $0.id = ids[0] }
        try await sluice.enqueue(Letter(account: "bad", text: "suspended")) { $0.id = ids[1] }
        try await sluice.enqueue(Letter(account: "good", text: "closed")) { $0.id = ids[2] }
        let sent = Mutex<[String]>([])
        let worker = postOffice(sluice, isSuspended: { $0 == "bad" }) { text in
            if text == "closed" { throw PostIsClosed() }
            sent.withLock { $0.append(text) }
        }
        try await queues.drain(with: worker)
        #expect(sent.withLock { $0 } == ["sent"])

        let inspector = try Inspector(url: queues.url, namespace: queues.namespace)
        let jobs = [
            try await inspector.job(ids[0], in: "letters"), try await inspector.job(ids[1], in: "letters"),
            try await inspector.job(ids[2], in: "letters"),
        ]
        #expect(jobs.map { $0?.state } == [.completed, .scheduled, .scheduled])
        #expect(jobs.map { $0?.attempts } == [0, 0, 0])
        #expect(jobs[2]?.waits == 1)
        await inspector.close()
        await sluice.close()
    }
}
