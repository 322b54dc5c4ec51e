import Hiredis
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// Semaphores over broken connections and servers that are away.
@Suite(.timeLimit(.minutes(10)))
struct SemaphoreFaultTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var words: [String]
        var fault: FaultyProxy.Fault
    }

    static let cases = [("acquire", ["acquire"]), ("release", ["release"]), ("list of grants", ["BLMPOP"])].flatMap {
        name, words in
        [
            Case(testDescription: "\(name): the request", words: words, fault: .loseRequest),
            Case(testDescription: "\(name): the reply", words: words, fault: .loseReply),
        ]
    }

    @Test(.proxied, arguments: cases) func whatIsCutOffIsRepeatedAndDoesNoHarm(_ broken: Case) async throws {
        let proxy = try await FaultyProxy(to: .shared())
        // The second client's waiters hear of their permits by the list, the first one goes by undisturbed.
        let permits = try await Permits(through: proxy.url)
        var options = SluiceClient.Options()
        options.namespace = permits.queues.namespace
        let undisturbed = try await SluiceClient(.url(permits.queues.url), options: options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for skips in 0..<4 { proxy.fail(broken.words, after: skips * 3, with: broken.fault) }
            for number in 0..<60 {
                let semaphore = (number % 2 == 0 ? permits.client : undisturbed).semaphore("gpu", limit: 2, lease: .seconds(5))
                group.addTask { try await permits.work(semaphore) { await Task.yield() } }
            }
            try await group.waitForAll()
        }
        // Whether two are at work at a time is up to the machine.
        #expect((1...2).contains(permits.most))
        #expect(permits.fences.count == 60)
        #expect(Set(permits.fences).count == 60)
        #expect(proxy.faults.count > 0)
        #expect(await permits.held(0))
        #expect(try await permits.leftovers() == [])
        await permits.client.close()
        await undisturbed.close()
        await proxy.close()
    }

    @Test func aLeaseIsRenewedForAsLongAsTheClosureRuns() async throws {
        let permits = try await Permits(clients: 2)
        let holder = Task {
            await ending { try await permits.hold(permits.client.semaphore("gpu", limit: 1, lease: .seconds(2))) }
        }
        await permits.entered.wait()
        // Longer than two leases, although somebody waits for it.
        let waiting = permits.clients[1].semaphore("gpu", limit: 1, lease: .seconds(2))
        #expect(await ending { try await permits.work(waiting, timeout: .seconds(5)) } == "timedOut")
        permits.closing.add()
        #expect(await holder.value == nil)
    }

    @Test func holdersAndWaitersOutlastARestart() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let permits = try await Permits(clients: 2, on: server) { $0.patience = .seconds(30) }
        let holder = Task {
            await ending { try await permits.hold(permits.client.semaphore("gpu", limit: 1, lease: .seconds(2))) }
        }
        await permits.entered.wait()
        let waiter = Task {
            await ending { try await permits.work(permits.clients[1].semaphore("gpu", limit: 1, lease: .seconds(2))) }
        }
        #expect(await permits.waiting(1))
        try await server.restart()
        try await server.suspend()
        // Longer than the lease: a matter of time by itself.
        try await ContinuousClock().sleep(for: .seconds(4))
        try await server.resume()
        #expect(await permits.held(1))
        permits.closing.add()
        #expect(await holder.value == nil)
        #expect(await waiter.value == nil)
        #expect(permits.most == 1)
        #expect(try await permits.leftovers() == [])
    }

    @Test func aServerThatForgotEverythingTakesThePermitsWithIt() async throws {
        let server = try await RedisTestServer.start()
        let permits = try await Permits(on: server) { $0.patience = .seconds(30) }
        let semaphore = permits.client.semaphore("gpu", limit: 1, lease: .seconds(1))
        let holder = Task { await ending { try await permits.hold(semaphore) } }
        await permits.entered.wait()
        let waiter = Task { await ending { try await permits.work(semaphore) } }
        #expect(await permits.waiting(1))
        try await server.restart()
        #expect(await holder.value == "fenced")
        #expect(await waiter.value == nil)
    }

    @Test func aServerThatStaysAwayIsAnErrorAfterThePatience() async throws {
        let server = try await RedisTestServer.start()
        let permits = try await Permits(on: server) { $0.patience = .milliseconds(300) }
        let semaphore = permits.client.semaphore("gpu", limit: 1)
        let holder = Task { await ending { try await permits.hold(semaphore) } }
        await permits.entered.wait()
        let waiter = Task { await ending { try await permits.work(semaphore) } }
        #expect(await permits.waiting(1))
        try await server.stop()
        // Whoever asks or waits is told; whoever works goes on, and comes out well.
        #expect(await ending { try await permits.work(semaphore) } == "unreachable")
        let end = await waiter.value
        #expect(end == "unreachable" || end == "outcomeUnknown")
        permits.closing.add()
        #expect(await holder.value == nil)
    }

    @Test func closingTheClientEndsItsPermits() async throws {
        let permits = try await Permits()
        let semaphore = permits.client.semaphore("gpu", limit: 1, lease: .seconds(1))
        let holder = Task { await ending { try await permits.hold(semaphore) } }
        await permits.entered.wait()
        let waiter = Task { await ending { try await permits.work(semaphore) } }
        #expect(await permits.waiting(1))
        await permits.client.close()
        #expect(await holder.value == "fenced")
        #expect(await waiter.value == "closed")
        #expect(await ending { try await permits.work(semaphore) } == "closed")
    }
}
