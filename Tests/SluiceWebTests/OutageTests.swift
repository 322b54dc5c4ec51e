import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import SluiceWeb

/// What works in the background while Redis is away.
@Suite(.timeLimit(.minutes(5)))
struct OutageTests {
    /// Keeps a loop waiting until a test lets it go on.
    private final class Pauses: Sendable {
        private let begun = Mutex<[Duration]>([])
        private let permits = Occurrences()

        /// The pauses so far: how long each would have taken.
        var spans: [Duration] { begun.withLock { $0 } }

        func pause(_ span: Duration) async {
            let number = begun.withLock { begun in
                begun.append(span)
                return begun.count
            }
            await permits.wait(for: number)
        }

        /// Ends this many pauses at once, present ones or later ones.
        func end(_ count: Int) { for _ in 0..<count { permits.add() } }
    }

    /// Counts how often it is tried, and fails for as long as Redis is away.
    private final class Examination: Sendable {
        let tries = Occurrences()
        private let isAway = Mutex(true)

        func redisComesBack() { isAway.withLock { $0 = false } }

        func run() throws -> Int {
            tries.add()
            if isAway.withLock({ $0 }) { throw SluiceError(.unreachable, "Redis is away") }
            return tries.count
        }
    }

    /// Each reading asks Redis once for the queues. The first five lose their connection.
    @Test(.proxied) func theWatcherPausesAfterEachFailure() async throws {
        let queues = try await TestNamespace()
        let proxy = try await FaultyProxy(to: queues.server)
        let failures = 5
        for _ in 0..<failures { proxy.fail(["SMEMBERS"], with: .loseRequest) }
        let store = Store(try RedisConfiguration(url: proxy.url), namespace: queues.namespace)
        let pauses = Pauses()
        let watcher = Watcher(Inspector(store), PageCache()) { await pauses.pause($0) }
        let stream = try #require(watcher.streams.open())
        let run = Task { await watcher.run() }
        defer { run.cancel() }
        var wakes = stream.wakes.makeAsyncIterator()
        var text = ""
        while !text.contains("data: Redis cannot be read"), !text.contains("event: changed") {
            _ = await wakes.next()
            text += stream.take()
        }
        try #require(text.contains("data: Redis cannot be read") && proxy.requests(with: "SMEMBERS") == 1)

        text = ""
        pauses.end(failures)
        while !text.contains("event: changed") || !text.contains("event: trouble\ndata: \n") {
            _ = await wakes.next()
            text += stream.take()
        }
        // The first success is told at once. The pause after it, which may have begun, does not end.
        #expect(proxy.requests(with: "SMEMBERS") == failures + 1)
        let spans = pauses.spans
        #expect(spans.count >= failures && spans.allSatisfy { $0 >= .seconds(1) }, "\(spans)")
        stream.close()
        run.cancel()
        await run.value
        await store.close()
        await proxy.close()
    }

    /// What has failed is told to all who look, for as long as a result would be.
    @Test func aFailedRunIsNotRepeatedForEachViewer() async throws {
        let (run, examination) = (SharedRun<Int>(), Examination())
        for _ in 0..<50 {
            let standing = await run.standing(within: .seconds(3600), patience: .seconds(600)) { _ in try examination.run() }
            #expect(standing.failure == "Redis is away" && standing.ended != nil && standing.begun == nil)
        }
        #expect(examination.tries.count == 1)
        // It is too old now: it is tried once more.
        let again = await run.standing(within: .zero, patience: .seconds(600)) { _ in try examination.run() }
        #expect(again.failure == "Redis is away" && examination.tries.count == 2)
        examination.redisComesBack()
        let good = await run.standing(within: .zero, patience: .seconds(600)) { _ in try examination.run() }
        #expect(good.failure == nil && good.value == 3)
        for _ in 0..<50 {
            let standing = await run.standing(within: .seconds(3600), patience: .seconds(600)) { _ in try examination.run() }
            #expect(standing.failure == nil && standing.value == 3)
        }
        #expect(examination.tries.count == 3)
    }
}
