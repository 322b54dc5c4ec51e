import Foundation
import Sluice
import SluiceCore
import SluiceStore
import TestSupport
import Testing

/// Limits, workflows and a batch over queues on all nodes of a cluster, while a primary is killed and slots move.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SpreadCompositionTests {
    private static let slots = 60
    private static let accounts = 4
    private static let durability = Durability.replicas(1, within: .seconds(10))

    @Test func limitsHoldAndWhatBelongsTogetherEndsOnce() async throws {
        let cluster = try await ClusterFixture()
        let load = try await SpreadLoad(url: cluster.url, within: Self.slots)
        for ack in ["batched", "confirmed"] {
            try await load.worker(
                concurrency: 8, milliseconds: 50, ack: ack, limits: ["concurrency/account", "2"])
        }
        let batch = try await load.client.openBatch(
            "spread", id: "b", on: [.completed: try JobRequest(kind: "load", queue: load.queues[1], arguments: "0")],
            durability: Self.durability)
        var ids: Set<String> = ["b.completed"]
        var flows: [WorkflowHandle] = []
        func add(_ round: Int) async throws {
            ids.formUnion(try await addJobs(round, load))
            ids.formUnion(try await addMembers(round, batch, load))
            for number in round * 6..<round * 6 + 6 {
                flows.append(try await load.client.enqueue(diamond(number, load), durability: Self.durability))
            }
        }
        try await add(0)
        await load.progress()
        let home = try await cluster.primary(of: load.queues[0])
        let slot = try await cluster.slot(of: load.store.keys.base(load.queues[0]))
        let began = RunHistory.now()
        try await cluster.kill(home)
        let successor = try await cluster.successor(of: home, for: slot)
        let window = began - 1_000_000...RunHistory.now() + 1_000_000
        // A new primary confirms nothing before it has a replica.
        try await cluster.restart(home)
        try await cluster.waitUntilWhole()
        try await add(1)
        await load.progress(of: 10)
        try await cluster.reshard(slots: Self.slots, from: successor, to: try await cluster.primary(of: load.queues[1]))
        try await add(2)
        try await batch.seal()
        await load.progress(of: 10)

        for flow in flows {
            let status = try await flow.wait(timeout: .seconds(60))
            #expect(status.state == .completed && status.nodes == [.completed: 6], "\(flow.id)")
            ids.formUnion(["first", "m0", "m1", "m2", "m3", "last"].map { "\(flow.id):\($0)" })
        }
        let isOver = await load.eventually { try await batch.status()?.finished != nil }
        let status = try #require(try await batch.status())
        #expect(isOver && status.total == 36 && status.completed == 36, "\(status)")
        try await load.settle()
        #expect(try await load.completed() == ids)
        let runs = load.runs()
        #expect(Set(runs.map(\.id)) == ids)
        // What the failover lost of claims and ends is done again.
        let again = Dictionary(grouping: runs, by: \.id).filter { $0.value.count > 1 }
        #expect(again.filter { id, runs in !runs.contains { window.contains($0.ended) } }.keys.sorted() == [])
        let excesses = SpreadLoad.excesses(of: runs, over: 2)
        print("\(ids.count) jobs, \(again.count) ran twice, \(excesses.count) excesses in \(runs.count) runs")
        #expect(excesses.filter { !window.contains($0.time) }.map(\.what) == [])
        try await load.expectSound()
    }

    private func addJobs(_ round: Int, _ load: SpreadLoad) async throws -> [String] {
        var all: [String] = []
        for queue in load.queues {
            let requests = try (0..<100 * SpreadLoad.length).map { number in
                var request = try JobRequest(kind: "load", queue: queue, arguments: "0")
                request.partitions = ["account": "a\(number % Self.accounts)"]
                request.id = JobID(known: "\(queue)-a\(number % Self.accounts)-\(round)-\(number)")
                return request
            }
            try await load.client.enqueue(requests, durability: Self.durability)
            all += requests.compactMap(\.id?.text)
        }
        return all
    }

    private func addMembers(_ round: Int, _ batch: Batch, _ load: SpreadLoad) async throws -> [String] {
        let members = try (0..<12).map { number in
            let queue = load.queues[number % load.queues.count]
            var request = try JobRequest(kind: "load", queue: queue, arguments: "0")
            request.id = JobID(known: "\(queue)-member-\(round)-\(number)")
            return request
        }
        try await batch.add(members)
        return members.compactMap(\.id?.text)
    }

    /// One, then four, then one, each on another node than those before it.
    private func diamond(_ number: Int, _ load: SpreadLoad) throws -> Workflow {
        var flow = Workflow("diamond")
        flow.id = WorkflowID(stringLiteral: "d\(number)")
        func request(_ index: Int) throws -> JobRequest {
            try JobRequest(kind: "load", queue: load.queues[(number + index) % load.queues.count], arguments: "0")
        }
        let first = flow.add("first", try request(0))
        let middle = try (0..<4).map { flow.add("m\($0)", try request(1 + $0 % 2), after: first) }
        flow.add("last", try request(3), after: middle)
        return flow
    }
}

extension SpreadLoad {
    struct Run {
        var id: String
        /// In microseconds since 1970.
        var began: Int
        var ended: Int
    }

    /// Runs whose handlers came to their end.
    func runs() -> [Run] {
        var begun: [String: Int] = [:]
        var runs: [Run] = []
        for entry in log.entries() {
            let key = "\(entry.id) \(entry.fence) \(entry.process)"
            if !entry.isEnd { begun[key] = entry.time }
            if entry.isEnd, let began = begun[key] { runs.append(Run(id: entry.id, began: began, ended: entry.time)) }
        }
        return runs
    }

    /// When more handlers of an account, as ids like `q0-a1-17` tell it, ran at once in a queue than a limit allows.
    static func excesses(of runs: [Run], over limit: Int) -> [(time: Int, what: String)] {
        var found: [(time: Int, what: String)] = []
        var byAccount: [String: [Run]] = [:]
        for run in runs where run.id.contains("-a") {
            byAccount[run.id.split(separator: "-").prefix(2).joined(separator: "-"), default: []].append(run)
        }
        for (account, runs) in byAccount {
            var changes: [(time: Int, by: Int)] = []
            for run in runs { changes += [(time: run.began, by: 1), (time: run.ended, by: -1)] }
            // At one instant ends come first.
            changes.sort { first, second in first.time == second.time ? first.by < second.by : first.time < second.time }
            var running = 0
            for (time, change) in changes {
                running += change
                if change > 0, running > limit { found.append((time, "\(running) of \(account) at \(time)")) }
            }
        }
        return found
    }
}
