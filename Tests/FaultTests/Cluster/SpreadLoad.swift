import Foundation
import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Synchronization
import TestSupport
import Testing

/// Queues on all nodes of a cluster, or behind sentinels, with worker processes that run their jobs; and what must be true at the end.
final class SpreadLoad: Sendable {
    /// By how much a run is longer than the one of every day: `SLUICE_TEST_LENGTH=10` for one by hand.
    static let length = ProcessInfo.processInfo.environment["SLUICE_TEST_LENGTH"].flatMap { Int($0) } ?? 1

    let url: String
    let namespace = Namespace.standard
    let store: Store
    let client: SluiceClient
    let inspector: Inspector
    let log: RunLog
    let queues: [QueueName]
    private let directory: String
    private let workers = Mutex<[WorkerProcess]>([])

    /// - Parameters:
    ///   - count: How many queues; they lie on three equal thirds of the slots in turn.
    ///   - reach: How many slots from the start of its third each may lie.
    init(url: String, queues count: Int = 6, within reach: Int = .max) async throws {
        self.url = url
        directory = NSTemporaryDirectory() + "spread-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        log = RunLog(path: directory + "/runs.log")
        var names: [QueueName] = []
        var number = 0
        while names.count < count {
            let slot = HashSlot.of("{q\(number)}")
            let start = (HashSlot.count * (names.count % 3) + 2) / 3
            if slot >= start, slot - start < min(reach, HashSlot.count / 3) {
                names.append(QueueName(stringLiteral: "q\(number)"))
            }
            number += 1
        }
        queues = names
        store = Store(try RedisConfiguration(url: url))
        var options = SluiceClient.Options()
        options.patience = .seconds(20)
        client = try await SluiceClient(.url(url), options: options)
        inspector = Inspector(store)
    }

    deinit {
        if ProcessInfo.processInfo.environment["SLUICE_TEST_KEEP"] == nil {
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    /// Starts a process that serves all queues; it ends with the load at the latest.
    @discardableResult
    func worker(
        concurrency: Int = 10, milliseconds: Int = 10, ack: String = "batched", lease: Int = 2000, limits: [String] = []
    ) async throws -> WorkerProcess {
        let names = queues.map(\.text).joined(separator: ",")
        let arguments = [
            "spread", url, namespace.text, log.path, names, "\(concurrency)", "\(milliseconds)", ack, "\(lease)",
        ]
        let worker = try await WorkerProcess(arguments: arguments + limits)
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Asks again and again: nodes that come and go offer no event that a test could trust. A condition that throws counts as false.
    func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, !Task.isCancelled {
            if (try? await condition()) ?? false { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// Waits until some more jobs have ended in each of the queues.
    func progress(of count: Int = 20, in some: [QueueName]? = nil, sourceLocation: SourceLocation = #_sourceLocation) async {
        let before = ends()
        let goesOn = await eventually {
            let now = ends()
            return (some ?? queues).allSatisfy { now[$0, default: []].count >= before[$0, default: []].count + count }
        }
        let now = ends().mapValues(\.count)
        #expect(goesOn, "\(before.mapValues(\.count)) then \(now)", sourceLocation: sourceLocation)
    }

    /// When runs ended in each queue, in microseconds since 1970, in order.
    func ends() -> [QueueName: [Int]] {
        Dictionary(grouping: log.entries().filter(\.isEnd)) { QueueName(stringLiteral: String($0.id.prefix { $0 != "-" })) }
            .mapValues { $0.map(\.time).sorted() }
    }

    /// The longest time without a completion in any of the queues, in ms, from one moment to another.
    func longestStall(in some: [QueueName], from start: Int, to end: Int) -> Int {
        let ends = ends()
        return some.map { queue in
            let times = [start] + ends[queue, default: []].filter { $0 > start && $0 < end } + [end]
            return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? 0
        }.max().map { $0 / 1000 } ?? 0
    }

    /// Waits until no job is left to run and no message is on its way.
    func settle(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let isOver = await eventually(within: .seconds(120)) {
            for queue in queues {
                let status = try await inspector.status(of: queue)
                let open = JobState.allCases.filter { $0 != .completed }.reduce(0) { $0 + status.states[$1, default: 0] }
                if open > 0 || status.outgoing > 0 { return false }
            }
            return true
        }
        var states: [String] = []
        if !isOver { for queue in queues { states.append("\(queue): \(try await inspector.status(of: queue).states)") } }
        #expect(isOver, "\(states)", sourceLocation: sourceLocation)
    }

    /// The jobs that Redis has as completed.
    func completed() async throws -> Set<String> {
        var ids: Set<String> = []
        for queue in queues {
            let reply = try await store.command(["ZRANGE", "\(store.keys.base(queue)):completed", "0", "-1"])
            ids.formUnion(reply.root.elements.compactMap(\.string))
        }
        return ids
    }

    /// Jobs whose handlers came to their end more than once.
    func endedTwice() -> [String] {
        Dictionary(grouping: log.entries().filter(\.isEnd), by: \.id).filter { $0.value.count > 1 }.keys.sorted()
    }

    /// The invariants hold, nothing is found amiss, and no process has ended but those that were told to.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let audit = try await inspector.audit(queues) { _ in }
        #expect(audit.violations.map { "\($0.queue) \($0.invariant) \($0.what)" } == [], sourceLocation: sourceLocation)
        let parts = try await inspector.diagnose().parts
        let problems = parts.flatMap(\.findings).filter { $0.severity == .problem }
        #expect(problems.map { "\($0.code) \($0.what)" } == [], sourceLocation: sourceLocation)
        #expect(parts.flatMap(\.unseen) == [], sourceLocation: sourceLocation)
        for worker in workers.withLock({ $0 }) { #expect(await worker.stop(), sourceLocation: sourceLocation) }
    }
}
