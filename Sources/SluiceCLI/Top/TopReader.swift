import Foundation
import SluiceCore
import SluiceInspector
import SluiceStore

/// Reads what `sluice top` shows, at a cost that neither jobs nor queues raise beyond a bound: a call for each of at most 500 queues,
/// one more for each queue in sight, and four for the server.
struct TopReader {
    static let mostQueues = 500
    static let mostInSight = 100

    let inspector: Inspector
    /// The queues to show; empty for all.
    let chosen: [QueueName]
    private var rates = TopRates()
    private var version: String?

    init(_ inspector: Inspector, _ chosen: [QueueName]) {
        self.inspector = inspector
        self.chosen = chosen
    }

    /// - Parameter inSight: The queues whose limits are told; nil for those where most jobs wait.
    mutating func read(inSight: [QueueName]? = nil) async throws(SluiceError) -> TopSnapshot {
        let all = chosen.isEmpty ? try await inspector.queues() : chosen
        let queues = Array(all.prefix(Self.mostQueues))
        let inspector = inspector
        let statuses = try await InOrder.map(queues) { queue throws(SluiceError) in try await inspector.status(of: queue) }
        let sought = inSight ?? statuses.sorted { $0.available > $1.available }.map(\.queue)
        let limits = try await Self.limits(sought.filter(Set(queues).contains).prefix(Self.mostInSight), inspector)
        try await count(statuses)
        let rows = statuses.map { TopRow($0, rates.minute(of: $0.queue), limits[$0.queue]) }
        let (server, time) = try await server()
        return TopSnapshot(
            time: "\(time.rfc3339.dropFirst(11).prefix(8)) UTC", server: server, rows: rows, queues: all.count)
    }

    private mutating func count(_ statuses: [QueueStatus]) async throws(SluiceError) {
        let inspector = inspector
        let rates = rates
        let histories = try await InOrder.map(statuses) { status throws(SluiceError) -> [Int: [String: Int]] in
            if rates.knows(status.queue) { return [:] }
            let history = try await inspector.history(
                of: status.queue, from: status.time.addingTimeInterval(-60), to: status.time)
            return Dictionary(history.points.map { ($0.start.milliseconds / 60_000, $0.counts) }) { first, _ in first }
        }
        self.rates.keep(statuses.map(\.queue))
        for (status, history) in zip(statuses, histories) { self.rates.add(status, history: history) }
    }

    /// An older library on the server may know no limits.
    private static func limits(
        _ queues: ArraySlice<QueueName>, _ inspector: Inspector
    ) async throws(SluiceError) -> [QueueName: QueueLimits] {
        let found = try await InOrder.map(Array(queues)) { queue throws(SluiceError) -> QueueLimits? in
            do throws(SluiceError) {
                return try await inspector.limits(of: queue)
            } catch {
                guard error.code == .server else { throw error }
                return nil
            }
        }
        return Dictionary(zip(queues, found).compactMap { queue, limits in limits.map { (queue, $0) } }) { $1 }
    }

    private mutating func server() async throws(SluiceError) -> (TopSnapshot.Server, Date) {
        let store = inspector.store
        let asked = Date()
        let time = Date(milliseconds: try await store.now())
        // Half of the way there and back.
        let here = asked.addingTimeInterval(Date().timeIntervalSince(asked) / 2)
        let memory = try await store.info("memory")
        if version == nil { version = try await store.info("server")?["redis_version"] }
        let server = TopSnapshot.Server(
            address: store.address, namespace: store.keys.namespace.text, version: version,
            memory: memory?["used_memory"].flatMap { Int($0) },
            memoryLimit: memory?["maxmemory"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil },
            ahead: here.age(at: time))
        return (server, time)
    }
}
