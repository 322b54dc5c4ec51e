import SluiceCore
import SluiceStore

/// Reads the server's own account of its work, before and after a measurement.
struct ServerMeter {
    /// Readings at one moment.
    struct Reading {
        var microseconds: Double
        var commands: Double
        var memory: Double
    }

    let store: Store

    func read() async throws(SluiceError) -> Reading {
        let values = try await store.info("everything") ?? [:]
        var commands = 0.0
        for (name, value) in values where name.hasPrefix("cmdstat_") {
            commands += value.split(separator: ",").first.flatMap { Double($0.dropFirst("calls=".count)) } ?? 0
        }
        func number(_ name: String) -> Double { values[name].flatMap { Double($0) } ?? 0 }
        return Reading(
            microseconds: (number("used_cpu_user") + number("used_cpu_sys")) * 1e6, commands: commands,
            memory: number("used_memory"))
    }
}

/// The duration of some work, and the server's cost of it.
struct Stretch {
    var seconds: Double
    var redisMicroseconds: Double
    var commands: Double
    var memory: Double

    /// Measures `work`.
    static func measure(
        _ meter: ServerMeter, _ work: () async throws -> Void
    ) async throws -> Stretch {
        let before = try await meter.read()
        let start = ContinuousClock.now
        try await work()
        let elapsed = ContinuousClock.now - start
        let after = try await meter.read()
        return Stretch(
            seconds: elapsed.seconds, redisMicroseconds: after.microseconds - before.microseconds,
            commands: after.commands - before.commands, memory: after.memory - before.memory)
    }
}
