import Hiredis
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// Permits as programs use them.
@Suite(.timeLimit(.minutes(10)))
struct SemaphoreTests {
    @Test func neverMoreThanTheLimitOverSeveralClients() async throws {
        let permits = try await Permits(clients: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                let semaphore = permits.clients[number % 3].semaphore("gpu", limit: 4)
                group.addTask { try await permits.work(semaphore) { await Task.yield() } }
            }
            try await group.waitForAll()
        }
        // How many are at work at a time is up to the machine, below that.
        #expect((1...4).contains(permits.most))
        #expect(Set(permits.fences).count == 300)
        #expect(try await permits.leftovers() == [])
        #expect(try await permits.queues.store.queues() == [])
    }

    @Test func whoAskedFirstIsServedFirst() async throws {
        let permits = try await Permits(clients: 2)
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await permits.hold(permits.client.semaphore("gpu", limit: 1)) }
            await permits.entered.wait()
            for number in 0..<8 {
                let semaphore = permits.clients[number % 2].semaphore("gpu", limit: 1)
                group.addTask { try await permits.work(semaphore) { await order.add(number) } }
                #expect(await permits.waiting(number + 1))
            }
            permits.closing.add()
            try await group.waitForAll()
        }
        #expect(await order.numbers == Array(0..<8))
        #expect(permits.fences == permits.fences.sorted())
    }

    @Test func aThousandTasksWaitOnOneConnection() async throws {
        let server = try await RedisTestServer.start()
        let permits = try await Permits(on: server)
        let semaphore = permits.client.semaphore("gpu", limit: 5)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { try await permits.hold(semaphore) } }
            await permits.entered.wait(for: 5)
            for _ in 0..<1000 { group.addTask { try await permits.work(semaphore) } }
            #expect(await permits.waiting(1000))
            // The namespace's own, the client's calls, the client's blocked one; and this one that asks.
            let clients = try await server.cli("CLIENT", "LIST", "TYPE", "normal").split(separator: "\n").count
            #expect(clients <= 5)
            permits.closing.add()
            try await group.waitForAll()
        }
        #expect(permits.fences.count == 1005)
        #expect(permits.most == 5)
        #expect(try await permits.leftovers() == [])
    }

    @Test func whatTheClosureReturnsOrThrowsComesOut() async throws {
        let permits = try await Permits()
        let semaphore = permits.client.semaphore("gpu", limit: 1)
        #expect(try await semaphore.withPermit { permit in permit.semaphore } == "gpu")
        #expect(try await semaphore.withPermit { 7 } == 7)
        #expect(await ending { try await semaphore.withPermit { throw SluiceError(.server, "mine") } } == "server")
        // It was given back in each case.
        #expect(try await permits.leftovers() == [])
    }

    @Test func aTaskThatIsCancelledGivesItsPermitBack() async throws {
        let permits = try await Permits()
        let semaphore = permits.client.semaphore("gpu", limit: 1)
        let holder = Task { await ending { try await permits.hold(semaphore) } }
        await permits.entered.wait()
        let waiter = Task { await ending { try await permits.hold(semaphore) } }
        #expect(await permits.waiting(1))
        waiter.cancel()
        #expect(await waiter.value == "CancellationError")
        #expect(await permits.waiting(0))
        holder.cancel()
        #expect(await holder.value == "CancellationError")
        #expect(try await permits.leftovers() == [])
        // One that is cancelled already does not even ask.
        let late = Task {
            await permits.closing.wait()
            return await ending { try await permits.work(semaphore) }
        }
        late.cancel()
        #expect(await late.value == "CancellationError")
        #expect(permits.entered.count == 1)
    }

    @Test func cancelledInAnyMomentNothingIsLeft() async throws {
        let permits = try await Permits()
        let semaphore = permits.client.semaphore("gpu", limit: 2)
        for round in 0..<40 {
            let tasks = (0..<12).map { _ in Task { await ending { try await permits.work(semaphore) { await Task.yield() } } } }
            for _ in 0..<(round * 3) { await Task.yield() }
            for (index, task) in tasks.enumerated() where index % 3 != 0 { task.cancel() }
            for (index, task) in tasks.enumerated() {
                let end = await task.value
                #expect(end == nil || (index % 3 != 0 && end == "CancellationError"))
            }
        }
        #expect(permits.most <= 2)
        #expect(await permits.held(0))
        #expect(await permits.waiting(0))
        #expect(try await permits.leftovers() == [])
    }

    @Test func whoWaitsTooLongIsToldSo() async throws {
        let permits = try await Permits()
        let semaphore = permits.client.semaphore("gpu", limit: 1)
        // There is one: no time is needed.
        #expect(await ending { try await permits.work(semaphore, timeout: .zero) } == nil)
        let holder = Task { try await permits.hold(semaphore) }
        await permits.entered.wait(for: 2)
        for timeout in [Duration.zero, .milliseconds(30), .milliseconds(-5)] {
            #expect(await ending { try await permits.work(semaphore, timeout: timeout) } == "timedOut")
        }
        #expect(await permits.waiting(0))
        permits.closing.add()
        try await holder.value
        #expect(permits.entered.count == 2)
        #expect(try await permits.leftovers() == [])
    }

    @Test func namesAndNumbersThatMakeNoSenseAreRefused() async throws {
        let client = try await Permits().client
        let wrong = [
            client.semaphore("", limit: 1), client.semaphore("a b", limit: 1), client.semaphore("a}", limit: 1),
            client.semaphore(String(repeating: "x", count: 65), limit: 1), client.semaphore("a", limit: 0),
            client.semaphore("a", limit: -1), client.semaphore("a", limit: 1_000_001),
            client.semaphore("a", limit: 1, lease: .milliseconds(999)), client.semaphore("a", limit: 1, lease: .seconds(86_401)),
        ]
        for semaphore in wrong { #expect(await ending { try await semaphore.withPermit {} } == "invalidArgument") }
        #expect(
            await ending { try await client.semaphore(String(repeating: "x", count: 64), limit: 1_000_000).withPermit {} } == nil)
    }

    @Test func aPermitThatIsLostCancelsItsClosureAndIsToldAfterIt() async throws {
        let permits = try await Permits()
        let semaphore = permits.client.semaphore("gpu", limit: 1, lease: .seconds(1))
        let ended = Occurrences()
        let holder = Task {
            await ending {
                try await permits.work(semaphore) {
                    await permits.closing.wait()
                    ended.add()
                }
            }
        }
        await permits.entered.wait()
        // As if its lease had ended, and somebody else had come and gone.
        _ = try await permits.queues.command("DEL", "\(permits.queues.namespace):{semaphore.gpu}:leases")
        #expect(await holder.value == "fenced")
        #expect(ended.count == 1)
        #expect(permits.closing.count == 0)
    }

    @Test func aPermitThatIsLostAtTheEndIsToldToo() async throws {
        let permits = try await Permits()
        let queues = permits.queues
        let end = await ending {
            try await permits.work(permits.client.semaphore("gpu", limit: 1)) {
                _ = try await queues.command("DEL", "\(queues.namespace):{semaphore.gpu}:leases")
            }
        }
        #expect(end == "fenced")
    }
}

private actor Order {
    private(set) var numbers: [Int] = []

    func add(_ number: Int) { numbers.append(number) }
}
