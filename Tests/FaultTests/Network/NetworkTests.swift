import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Workers and Redis on hosts of their own, whose links are cut, disturbed and silenced under load: every job ends, no limit is
/// exceeded, and the workers come back by themselves.
@Suite(
    .serialized, .timeLimit(.minutes(10)), .enabled(NetworkHosts.missing) { await NetworkHosts.canBeMade() })
struct NetworkTests {
    private static let limits = ["concurrency", "8", "concurrency/account", "3"]
    private static let accounts = 8

    /// Two hosts with a worker each.
    private struct Fleet {
        var hosts: NetworkHosts
        var load: Load
        var workers: [WorkerProcess] = []
        /// Jobs enqueued so far.
        var total = 0
        /// When processes were gone that were killed.
        var deaths: [Int32: Int] = [:]

        init(_ hosts: NetworkHosts, lease: Int) async throws {
            self.hosts = hosts
            var options = RedisTestServer.Options(config: hosts.configuration)
            options.searchPath = hosts.directory
            load = try await Load(options)
            for host in 0...1 { workers.append(try await hire(on: host, lease: lease)) }
        }

        func hire(on host: Int, lease: Int) async throws -> WorkerProcess {
            try await load.worker(
                concurrency: 6, milliseconds: 200, ack: host == 0 ? "batched" : "confirmed", lease: lease,
                url: hosts.url(from: host), limits: NetworkTests.limits, through: hosts.starter(on: host))
        }

        mutating func enqueue(_ count: Int, bytes: Int = 0) async throws {
            try await load.enqueue(count, accounts: NetworkTests.accounts, from: total, bytes: bytes)
            total += count
        }

        /// Enqueues until a worker starts jobs that had not started any more.
        mutating func comesBack(_ worker: WorkerProcess) async throws {
            let before = load.log.starts(in: worker.pid)
            for _ in 0..<100 {
                try await enqueue(40)
                let isBack = await load.queues.eventually(in: load.queue, within: .seconds(3)) {
                    load.log.starts(in: worker.pid) > before
                }
                if isBack { return }
            }
            Issue.record("a worker did not come back")
        }

        /// Enqueues until both workers are in the middle of something and there is more to do.
        mutating func occupy() async throws {
            for _ in 0..<100 {
                let waiting = try await load.inspector.status(of: load.queue).available
                if waiting < 80 { try await enqueue(80) }
                let areBusy = await load.queues.eventually(in: load.queue, within: .seconds(1)) {
                    for worker in workers {
                        if try await load.held(by: worker) == 0 || load.log.starts(in: worker.pid) == 0 { return false }
                    }
                    return true
                }
                if try await load.inspector.status(of: load.queue).available >= 40, areBusy { return }
            }
            Issue.record("the workers were not busy both at once")
        }

        func expectNothingBroken() async throws {
            try await load.expectAllDone(total)
            let history = try await RunHistory(of: load, deaths: deaths)
            #expect(history.excesses(over: LimitHistory(8)) == [])
            for account in 0..<NetworkTests.accounts {
                #expect(history.excesses(over: LimitHistory(3), account: "\(account)") == [])
            }
        }
    }

    @Test func aHostThatIsCutOffForLongerThanALease() async throws {
        try await NetworkHosts.with(workers: 2) { hosts async throws in
            var fleet = try await Fleet(hosts, lease: 2000)
            try await fleet.occupy()
            for host in 0...1 {
                let before = try await fleet.load.total("reclaimed")
                try await hosts.cut(host)
                // What the host held runs on the other one.
                let isTaken = await fleet.load.queues.eventually(in: fleet.load.queue) {
                    try await fleet.load.total("reclaimed") > before
                }
                #expect(isTaken)
                try await hosts.join(host)
                try await fleet.comesBack(fleet.workers[host])
                try await fleet.occupy()
            }
            try await fleet.expectNothingBroken()
            for worker in fleet.workers { #expect(await worker.stop()) }
        }
    }

    @Test func linksThatFlicker() async throws {
        try await NetworkHosts.with(workers: 2) { hosts async throws in
            // No flicker lasts as long as the lease.
            var fleet = try await Fleet(hosts, lease: 10_000)
            for round in 1...6 {
                try await fleet.enqueue(60)
                #expect(await fleet.load.completed(60 * round - 40))
                for host in 0...1 {
                    try await hosts.cut(host)
                    try await hosts.join(host)
                }
            }
            try await fleet.expectNothingBroken()
            for worker in fleet.workers { #expect(await worker.stop()) }
        }
    }

    @Test func linksThatDelayAndDropPackets() async throws {
        try await NetworkHosts.with(workers: 2) { hosts async throws in
            var fleet = try await Fleet(hosts, lease: 5000)
            try await fleet.occupy()
            for host in 0...1 { try await hosts.disturb(host) }
            var dropped = [0, 0]
            for _ in 0..<20 where dropped == [0, 0] {
                // More in each reply than the link holds.
                try await fleet.enqueue(60, bytes: 8000)
                #expect(await fleet.load.completed(fleet.total - 30))
                dropped = [try await hosts.dropped(0), try await hosts.dropped(1)]
            }
            #expect(dropped != [0, 0], "no packet was dropped")
            try await fleet.enqueue(60)
            // It goes on as long as it lasts.
            #expect(await fleet.load.completed(fleet.total))
            for host in 0...1 { try await hosts.calm(host) }
            for worker in fleet.workers { try await fleet.comesBack(worker) }
            try await fleet.expectNothingBroken()
            for worker in fleet.workers { #expect(await worker.stop()) }
        }
    }

    /// Redis has closed connections and the worker's host never heard of it.
    @Test func connectionsThatOnlyTheWorkerHas() async throws {
        try await NetworkHosts.with(workers: 2) { hosts async throws in
            var fleet = try await Fleet(hosts, lease: 2000)
            try await fleet.occupy()
            try await hosts.silence(0)
            for address in try await hosts.connections(of: 0, knownTo: .redis) {
                // It may have gone by itself.
                _ = try? await fleet.load.server.cli("CLIENT", "KILL", "ADDR", address)
            }
            // Redis gives up telling the other side.
            let isForgotten = await fleet.load.queues.eventually(in: fleet.load.queue) {
                try await hosts.connections(of: 0, knownTo: .redis).isEmpty
            }
            #expect(isForgotten)
            #expect(try await !hosts.connections(of: 0, knownTo: .worker).isEmpty)
            try await hosts.hear(0)
            try await fleet.comesBack(fleet.workers[0])
            try await fleet.expectNothingBroken()
            for worker in fleet.workers { #expect(await worker.stop()) }
        }
    }

    /// A host dies without a word, and Redis has its connections still when the host is back.
    @Test func connectionsThatOnlyRedisHas() async throws {
        try await NetworkHosts.with(workers: 2) { hosts async throws in
            var fleet = try await Fleet(hosts, lease: 2000)
            try await fleet.occupy()
            try await hosts.silence(0)
            let victim = fleet.workers[0]
            await victim.killAndWait()
            fleet.deaths[victim.pid] = RunHistory.now()
            let isForgotten = await fleet.load.queues.eventually(in: fleet.load.queue) {
                try await hosts.connections(of: 0, knownTo: .worker).isEmpty
            }
            #expect(isForgotten)
            #expect(try await !hosts.connections(of: 0, knownTo: .redis).isEmpty)
            try await hosts.hear(0)
            fleet.workers[0] = try await fleet.hire(on: 0, lease: 2000)
            try await fleet.comesBack(fleet.workers[0])
            try await fleet.expectNothingBroken()
            #expect(try await fleet.load.total("reclaimed") > 0)
            for worker in fleet.workers { #expect(await worker.stop()) }
        }
    }
}
