import SluiceCore
import SluiceStore
import Testing

/// A queue whose server's clock is forty days ahead for a while, and is then set right at T+5000.
struct ClockJump {
    /// How far, in seconds.
    static let far = 40 * 86_400.0

    let queue: LuaQueue
    let worker: ScriptedWorker

    init() async throws {
        queue = try await LuaQueue()
        worker = try await queue.worker()
        try await worker.cycle()
    }

    /// Does something while the clock is ahead, and has all times brought back.
    func whileAhead(_ change: () async throws -> Void) async throws {
        try await queue.advance(Self.far)
        try await worker.cycle()
        try await change()
        try await worker.cycle()
        try await setRight()
    }

    func setRight(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await queue.advance(5 - Self.far)
        for _ in 1...100 {
            try await worker.cycle()
            if try await queue.redis("HGET", "config", "rewind") == nil { break }
        }
        #expect(try await queue.redis("HGET", "config", "rewind") == nil, sourceLocation: sourceLocation)
        #expect(try await queue.audit() == [], sourceLocation: sourceLocation)
    }

    /// A sorted set's score in ms from the start of the clock.
    func score(_ key: String, _ member: String) async throws -> Double? {
        try await queue.redis("ZSCORE", key, member).flatMap { Double($0) }.map { $0 - Double(queue.start) }
    }

    /// So many ms after the start of the clock, as text.
    func time(_ milliseconds: Int) -> String { String(queue.start + milliseconds) }
}
