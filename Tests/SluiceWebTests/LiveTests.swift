import HTTPTypes
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

@Suite(.timeLimit(.minutes(5)))
struct LiveTests {
    @Test func streamsHearWhatHasChanged() async throws {
        let streams = Streams(memory: .seconds(3600))
        let stream = try #require(streams.open())
        var wakes = stream.wakes.makeAsyncIterator()
        _ = await wakes.next()
        #expect(stream.take() == "event: trouble\ndata: \n\nevent: same\ndata:\n\n")
        streams.send(["mail"])
        streams.send(["films", "mail"])
        _ = await wakes.next()
        #expect(stream.take() == "event: changed\ndata: films mail\n\n")
        streams.send([])
        _ = await wakes.next()
        #expect(stream.take() == "event: same\ndata:\n\n")
        streams.send(trouble: "Redis\nis away")
        _ = await wakes.next()
        #expect(stream.take() == "event: trouble\ndata: Redis is away\n\nevent: same\ndata:\n\n")
        let late = try #require(streams.open())
        // Its page may be older than what was sent a moment ago.
        #expect(late.take() == "event: trouble\ndata: Redis is away\n\nevent: changed\ndata: films mail\n\n")
        stream.close()
        late.close()
        #expect(await wakes.next() == nil)
        #expect(streams.count == 0)
    }

    @Test func streamsAreBounded() {
        let streams = Streams()
        let open = (0..<Streams.most).compactMap { _ in streams.open() }
        #expect(open.count == Streams.most)
        #expect(streams.open() == nil)
        open[0].close()
        #expect(streams.open() != nil)
    }

    /// A stream that no one reads would keep the watcher reading.
    @Test func theAnswerToHeadLeavesNoStreamOpen() async throws {
        let fixture = try await WebFixture()
        let reply = try await fixture.get("/events", method: .head)
        #expect(reply.status == 200 && reply.text.isEmpty)
        #expect(fixture.dashboard.sites[0].watcher.streams.count == 0)
    }

    @Test func theWatcherNamesTheQueuesThatChanged() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a"], in: "mail")
        try await fixture.enqueue(["a"], in: "films")
        let watcher = fixture.dashboard.sites[0].watcher
        let before = try await watcher.snapshot()
        #expect(before.queues.map(\.status.queue) == ["films", "mail"])
        #expect(Watcher.changes(from: nil, to: before) == ["*"])
        try await fixture.enqueue(["b"], in: "mail")
        try await fixture.enqueue(["a"], in: "new")
        await watcher.invalidate()
        let after = try await watcher.snapshot()
        #expect(Watcher.changes(from: before, to: after) == ["mail", "new"])
        #expect(Watcher.changes(from: after, to: after).isEmpty)
        #expect(Watcher.changes(from: after, to: before) == ["mail", "new"])
    }

    @Test func aYoungQueueIsToldFromAQuietOne() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a"], in: "mail")
        try await fixture.queues.advance(by: .seconds(300))
        let young = try await Watcher(fixture.inspector, PageCache()).snapshot()
        let queue = try #require(young.queue("mail"))
        #expect(!queue.isOlder && queue.firstMinute(at: young.time) == 55)
        #expect(queue.perMinute(["enqueued"], at: young.time)[55] == 1)
        try await fixture.queues.advance(by: .seconds(7200))
        try await fixture.enqueue(["b"], in: "mail")
        let quiet = try await Watcher(fixture.inspector, PageCache()).snapshot()
        #expect(try #require(quiet.queue("mail")).isOlder)
        #expect(quiet.queue("mail")?.firstMinute(at: quiet.time) == 0)
    }

    @Test func aChangeIsToldThoughAPageReadItFirst() async throws {
        let fixture = try await WebFixture()
        let watcher = fixture.dashboard.sites[0].watcher
        let run = Task { await watcher.run() }
        let stream = try #require(watcher.streams.open())
        var wakes = stream.wakes.makeAsyncIterator()
        var text = ""
        while !text.contains("data: *") {
            _ = await wakes.next()
            text += stream.take()
        }
        try await fixture.enqueue(["a"], in: "mail")
        await fixture.dashboard.sites[0].changed()
        #expect(try await watcher.snapshot().queues.map(\.status.queue) == ["mail"])
        while !text.contains("data: mail") {
            _ = await wakes.next()
            text += stream.take()
        }
        stream.close()
        run.cancel()
        await run.value
    }

    @Test func aPageIsMadeOnceForManyViewers() async throws {
        let fixture = try await WebFixture(on: try await RedisTestServer.start())
        try await fixture.enqueue(["a"])
        _ = try await fixture.get("/")
        let before = try await fixture.calls()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let reply = try await fixture.get("/jobs/mail/a")
                    #expect(reply.status == 200)
                }
            }
            try await group.waitForAll()
        }
        // The page makes three; the limit leaves room for a slow machine, where a page is old after a second.
        #expect(try await fixture.calls() - before <= 30)
    }

    @Test func theWatcherRestsWhileNobodyLooks() async throws {
        let fixture = try await WebFixture()
        let watcher = fixture.dashboard.sites[0].watcher
        let run = Task { await watcher.run() }
        let streams = watcher.streams
        let stream = try #require(streams.open())
        var wakes = stream.wakes.makeAsyncIterator()
        var text = ""
        while !text.contains("event: changed") {
            _ = await wakes.next()
            text += stream.take()
        }
        #expect(text.contains("data: *"))
        stream.close()
        run.cancel()
        await run.value
    }
}
