import Hiredis
import SluiceCore
import SluiceStore

/// Reads the server's own account of its work, before and after a measurement; of a cluster that of all primaries.
struct ServerMeter {
    /// Readings at one moment.
    struct Reading {
        var microseconds: Double
        var commands: Double
        /// That of data, without the buffers of clients.
        var memory: Double
    }

    let store: Store

    /// Reads when the server has freed what was deleted, which it does in the background.
    /// - Returns: nil if this user may not ask.
    func read() async throws(SluiceError) -> Reading? {
        var sum = Reading(microseconds: 0, commands: 0, memory: 0)
        for node in try await store.primaries() {
            guard let reading = try await read(node) else { return nil }
            sum.microseconds += reading.microseconds
            sum.commands += reading.commands
            sum.memory += reading.memory
        }
        return sum
    }

    private func read(_ node: RedisEndpoint?) async throws(SluiceError) -> Reading? {
        guard var values = try await store.info("everything", node: node) else { return nil }
        while (values["lazyfree_pending_objects"].flatMap { Int($0) } ?? 0) > 0 {
            try? await Task.sleep(for: .milliseconds(10))
            values = try await store.info("everything", node: node) ?? [:]
        }
        var commands = 0.0
        for (name, value) in values where name.hasPrefix("cmdstat_") {
            commands += value.split(separator: ",").first.flatMap { Double($0.dropFirst("calls=".count)) } ?? 0
        }
        func number(_ name: String) -> Double { values[name].flatMap { Double($0) } ?? 0 }
        return Reading(
            microseconds: (number("used_cpu_user") + number("used_cpu_sys")) * 1e6, commands: commands,
            memory: number("used_memory_dataset"))
    }
}

/// What some work took, and what each piece of it cost the server. The costs are nil if the user may not ask the server.
struct Stretch {
    /// Pieces a second.
    var perSecond: Double
    /// The server's CPU time for a piece.
    var redisMicroseconds: Double?
    /// Commands for a piece, those inside functions included.
    var commands: Double?
    /// Bytes that stay for a piece.
    var memory: Double?

    /// Measures `work`, which does a number of equal pieces.
    static func measure(_ meter: ServerMeter, count: Int, _ work: () async throws -> Void) async throws -> Stretch {
        let before = try await meter.read()
        let start = ContinuousClock.now
        try await work()
        let elapsed = ContinuousClock.now - start
        let after = try await meter.read()
        func each(_ reading: KeyPath<ServerMeter.Reading, Double>) -> Double? {
            guard let before, let after else { return nil }
            return (after[keyPath: reading] - before[keyPath: reading]) / Double(count)
        }
        return Stretch(
            perSecond: Double(count) / elapsed.seconds, redisMicroseconds: each(\.microseconds), commands: each(\.commands),
            memory: each(\.memory))
    }
}
