import Hiredis
import Logging
import SluiceCore
import SluiceStore
import SluiceTesting
import Synchronization
import Testing

/// A line in the log when Redis is back.
@Suite(.timeLimit(.minutes(10)))
struct OutageLogTests {
    @Test func redisBeingBackIsToldOnceWithHowLongItWasAway() async throws {
        let server = try await RedisTestServer.start()
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in Recorder { line in lines.withLock { $0.append(line) } } }
        let store = Store(try .init(url: server.socketURL), logger: logger)
        _ = try await store.now()
        try await server.kill()
        for _ in 0..<3 { await #expect(throws: SluiceError.self) { try await store.now() } }
        #expect(lines.withLock { $0 }.filter { $0.hasPrefix("Redis is back") }.isEmpty)
        try await server.restart()
        while (try? await store.now()) == nil {}
        for _ in 0..<3 { _ = try await store.now() }
        let told = lines.withLock { $0 }.filter { $0.hasPrefix("Redis is back") }
        #expect(told.count == 1 && told.first?.wholeMatch(of: /Redis is back away=\d+\.\ds/) != nil, "\(told)")
        await store.close()
    }

    private struct Recorder: LogHandler {
        let add: @Sendable (String) -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        init(_ add: @escaping @Sendable (String) -> Void) { self.add = add }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            add(([event.message.description] + (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }).joined(separator: " "))
        }
    }
}
