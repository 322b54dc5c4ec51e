import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Whoever waits for the end of a job or a workflow, while Redis goes away and comes back.
@Suite(.timeLimit(.minutes(10)))
struct WaitThroughOutageTests {
    private func flow() -> Workflow {
        var flow = Workflow("flow")
        flow.add("only", Numbered(number: 2))
        return flow
    }

    /// Whether somebody is to be told of the ends.
    private func isWaited(for id: JobID, _ handle: WorkflowHandle, _ fixture: Fixture) async -> Bool {
        await fixture.queues.eventually(in: "work") {
            let waiters = fixture.queues.store.keys.workflow(handle.id.text) + ":waiters"
            guard try await fixture.queues.command("SCARD", waiters).root.integer ?? 0 > 0 else { return false }
            return try await fixture.details(id)?.links.receivers.contains { $0.hasPrefix("wait ") } == true
        }
    }

    @Test func aRedisThatIsKilledAndComesBackIsWaitedOut() async throws {
        let server = try await RedisTestServer.start(.init(aof: true, config: ["appendfsync always"]))
        let fixture = try await Fixture(.server, on: server)
        let client = fixture.client
        let handle = try await client.enqueue(flow())
        let job = try await client.enqueue(Numbered(number: 1))
        let status = Task { try await handle.wait(timeout: .seconds(300)) }
        let unbounded = Task { try await handle.wait() }
        let output = Task { try await client.result(of: job, timeout: .seconds(300)) }
        #expect(await isWaited(for: job.id, handle, fixture))
        try await server.kill()
        // While it is away: nobody can be asked, so it begins with an outage.
        let late = Task { try await handle.wait(timeout: .seconds(300)) }
        try await server.restart()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { job, _ in job.number }
        try await fixture.running(worker) {
            for waiting in [status, unbounded, late] {
                let end = try await waiting.value
                #expect(end.state == .completed)
            }
            let number = try await output.value
            #expect(number == 1)
        }
    }

    @Test func whenTheTimeIsOverTheErrorSaysWhetherRedisWasThere() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        let handle = try await fixture.client.enqueue(flow())
        let job = try await fixture.client.enqueue(Numbered())
        let running = await #expect(throws: SluiceError.self) { try await handle.wait(timeout: .milliseconds(50)) }
        #expect(running?.code == .timedOut && running?.message.hasSuffix("has not ended in time: it is running") == true)
        try await server.kill()
        let away = await #expect(throws: SluiceError.self) { try await handle.wait(timeout: .milliseconds(50)) }
        #expect(away?.code == .timedOut && away?.message.contains("Redis could not be asked") == true, "\(away as Any)")
        // Whether it has been asked in so short a time is up to the machine.
        var said = ""
        for _ in 0..<1000 where !said.contains("Redis could not be asked") {
            let error = await #expect(throws: SluiceError.self) {
                try await fixture.client.result(of: job, timeout: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            said = error?.message ?? ""
        }
        #expect(said.contains("Redis could not be asked"), "\(said)")
    }

    @Test func whatIsRefusedForGoodAndCancellationEndTheWait() async throws {
        let fixture = try await Fixture(.server)
        let handle = try await fixture.client.enqueue(flow())
        let job = try await fixture.client.enqueue(Numbered())
        let unknown = await #expect(throws: SluiceError.self) { try await fixture.client.workflow("none").wait() }
        #expect(unknown?.code == .unknownWorkflow)
        let waiting = Task { try await handle.wait() }
        let result = Task { try await fixture.client.result(of: job) }
        #expect(await isWaited(for: job.id, handle, fixture))
        waiting.cancel()
        result.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await #expect(throws: CancellationError.self) { try await result.value }
    }

    @Test func allWaitsOfAClientShareOneConnection() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        var handles: [WorkflowHandle] = []
        for _ in 0..<20 { handles.append(try await fixture.client.enqueue(flow())) }
        let job = try await fixture.client.enqueue(Numbered())
        let waits = handles.map { handle in Task { try await handle.wait() } }
        let result = Task { try await fixture.client.result(of: job) }
        for handle in handles { #expect(await isWaited(for: job.id, handle, fixture)) }
        let blocks = await fixture.queues.eventually(in: "work") {
            let clients = try await fixture.queues.command("CLIENT", "LIST").root.string ?? ""
            return clients.split(separator: "\n").filter { $0.contains(" cmd=blmpop ") }.count == 1
        }
        #expect(blocks)
        let connections = try await fixture.queues.command("CLIENT", "LIST").root.string ?? ""
        // Calls of the client, its waits, and the test's own.
        #expect(connections.split(separator: "\n").count <= 5, "\(connections)")
        for wait in waits { wait.cancel() }
        result.cancel()
        for wait in waits { await #expect(throws: CancellationError.self) { try await wait.value } }
    }

    @Test func aWaitWithoutTimeAsksOnce() async throws {
        let fixture = try await Fixture(.server)
        let handle = try await fixture.client.enqueue(flow())
        let job = try await fixture.client.enqueue(Numbered(number: 7))
        let early = await #expect(throws: SluiceError.self) { try await handle.wait(timeout: .zero) }
        #expect(early?.message.hasSuffix("has not ended in time: it is running") == true, "\(early as Any)")
        let soon = await #expect(throws: SluiceError.self) {
            try await fixture.client.result(of: job, timeout: .zero)
        }
        #expect(soon?.message.hasSuffix("has not ended in time: it is available") == true, "\(soon as Any)")
        let worker = fixture.worker()
        worker.handle(Numbered.self) { job, _ in job.number }
        try await fixture.running(worker) {
            _ = try await handle.wait()
            _ = try await fixture.client.result(of: job)
        }
        #expect(try await handle.wait(timeout: .zero).state == .completed)
        #expect(try await fixture.client.result(of: job, timeout: .zero) == 7)
    }
}
