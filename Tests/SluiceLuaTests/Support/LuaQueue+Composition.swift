import SluiceCore
import SluiceStore

/// What crosses slots, done step by step as a worker's cycleRelay does it.
extension LuaQueue {
    /// Another queue of the same namespace.
    func other(_ name: QueueName) async throws -> LuaQueue { try await LuaQueue(name, in: queues) }

    /// Puts a job in that follows another one.
    @discardableResult func follow(
        _ id: String, after parent: String, _ policy: String = "cancel", more: String = ""
    ) async throws -> String {
        let options = #"{"after":{"id":"\#(parent)","failed":"\#(policy)"}\#(more.isEmpty ? "" : "," + more)}"#
        return try await fcall(["sluice_enqueue", id, #"{"kind":"k"}"#, options])
    }

    /// Puts many followers in, in calls of 400.
    func followers(_ count: Int, _ prefix: String, after parent: String, _ policy: String = "cancel") async throws {
        for start in stride(from: 0, to: count, by: 400) {
            let ids = (start..<min(start + 400, count)).map { prefix + String($0) }
            let options = #"{"after":{"id":"\#(parent)","failed":"\#(policy)"}}"#
            _ = try await fcall(["sluice_enqueue"] + ids.flatMap { [$0, #"{"kind":"k"}"#, options] })
        }
    }

    /// Takes a job and ends it.
    func end(_ id: String, _ worker: ScriptedWorker, _ outcome: Settlement.Outcome = .completed(result: nil)) async throws
        -> [OutboxMessage]
    {
        while worker.running[JobID(known: id)] == nil {
            if try await worker.cycle(1).jobs.isEmpty { return [] }
        }
        return try await worker.cycle(0, settling: [id], outcome).messages
    }

    /// Brings jobs that are on their way in this queue to the other one. Returns how many were new there.
    @discardableResult func deliver(_ ids: [JobID], to other: LuaQueue, late seconds: Int = -60) async throws -> Int {
        let items = try await call(Outgoing(ids))
        if items.isEmpty { return 0 }
        let now = try await other.call(Status())["now"].flatMap { Int($0) } ?? 0
        return try await other.call(Deliver(validUntil: now - seconds * 1000, items: items, kept: .seconds(7 * 86_400)))
    }

    /// The jobs that a list of messages says have moved, by number of the message.
    func moved(_ messages: [OutboxMessage]) -> [JobID] {
        messages.flatMap { message -> [JobID] in
            if case .moved(_, let jobs) = message.event { return jobs }
            return []
        }
    }

    func acknowledge(_ messages: [OutboxMessage]) async throws {
        if !messages.isEmpty { try await call(Acknowledge(messages.map(\.number))) }
    }
}
