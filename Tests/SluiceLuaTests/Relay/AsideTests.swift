import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Messages that cannot be read.
@Suite(.timeLimit(.minutes(10)))
struct AsideTests {
    /// A message of a kind that nobody knows.
    private func unreadable() async throws -> (queue: LuaQueue, worker: ScriptedWorker) {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        _ = try await queue.redis("HSET", "messages", "17", "riddle.x 1")
        _ = try await queue.redis("ZADD", "outbox", "1", "17")
        return (queue, worker)
    }

    @Test func whatIsSetAsideIsGivenToEachWorkerThatStartsOnce() async throws {
        let (queue, worker) = try await unreadable()
        let message = try #require(try await worker.cycle().messages.first)
        #expect(message.number == "17" && message.event == .unknown)
        for count in [1, 0] { #expect(try await queue.call(SetAside(["17"])) == count) }
        try await queue.advance(300)
        try await worker.resync()
        #expect(try await worker.cycle().messages == [])
        try await queue.advance(300)
        #expect(try await worker.cycle().messages == [message], "every ten minutes")
        for count in [1, 0] { #expect(try await queue.call(SetAside(["17"])) == count) }
        let newer = try await queue.worker("newer")
        #expect(try await newer.cycle().messages == [message])
        try await queue.acknowledge([message])
        for key in ["messages", "aside", "outbox"] { #expect(try await queue.key(key) == nil) }
    }

    @Test func whatIsDroppedIsGoneAndNothingElseIs() async throws {
        let (queue, worker) = try await unreadable()
        #expect(try await queue.fcall(["sluice_drop_messages", "17"]) == "0", "it is on its way")
        _ = try await queue.call(SetAside(["17"]))
        #expect(try await queue.fcall(["sluice_drop_messages", "17", "18"]) == "1")
        for key in ["messages", "aside", "outbox"] { #expect(try await queue.key(key) == nil) }
        #expect(try await worker.cycle().messages == [])
        try await queue.checkRefused(["drop_messages"], "give 1 to 1000 numbers of messages")
        try await queue.checkRefused(["set_aside"], "give 1 to 1000 numbers of messages")
    }

    @Test func noticesThatGrowAreOnTheirWayAgain() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let options = #"{"notify":{"url":"https://x.test/h","on":["progress","ended"]}}"#
        _ = try await queue.fcall(["sluice_enqueue", "a", #"{"kind":"k"}"#, options])
        let fence = try #require(try await worker.cycle(1).jobs.first?.fence)
        _ = try await queue.call(
            Progress(worker: worker.id, id: JobID(known: "a"), fence: fence, fraction: 0.5, note: "half"))
        let first = try await worker.cycle().messages
        #expect(try await queue.call(SetAside(first.map(\.number))) == 1)
        let second = try await queue.end("a", worker)
        #expect(second.count == 1)
        #expect(try await queue.fcall(["sluice_drop_messages", "notify:a"]) == "0")
        try await queue.acknowledge(second)
        for key in ["messages", "outbox"] { #expect(try await queue.key(key) == nil) }
    }

    @Test func anEntryWithoutItsFactIsNothing() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        _ = try await queue.redis("ZADD", "outbox", "1", "17", "1", "notify:a")
        #expect(try await worker.cycle().messages == [])
        #expect(try await queue.key("outbox") == nil)
    }

    /// What is enqueued by a program of another kind may have any bytes. What is told of it is UTF-8 all the same, and reaches
    /// whoever carries it with what is behind it.
    @Test func aKindThatIsNoUTF8IsToldOf() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let spec = Array(#"{"kind":"k"#.utf8) + [0xFF, 0xC3, 0xA9] + Array(#"","args":{}}"#.utf8)
        let options = #"{"notify":{"url":"https://x.test/h"},"links":["batch.b1"]}"#
        _ = try await queue.fcall(["sluice_enqueue", "a", #"{"kind":"k"}"#, options])
        var command: RedisCommand = ["HSET", queue.base + ":spec", "a"]
        command.append(contentsOf: spec)
        _ = try await queue.queues.store.send(command, key: queue.base)
        let messages = try await queue.end("a", worker)
        #expect(messages.count == 2)
        let notices = messages.flatMap { message -> [Notice] in
            guard case .notices(_, _, let list) = message.event else { return [] }
            return list
        }
        let text = String(validating: try #require(notices.first?.spec), as: UTF8.self)
        #expect(text?.contains("\"kind\":\"k\u{FFFD}é\"") == true, "\(text ?? "no UTF-8")")
    }

    @Test(arguments: [
        ([0x61] as [UInt8], "a"), (Array("é漢🎉".utf8), "é漢🎉"), ([0xFF, 0xFE, 0x61], "\u{FFFD}\u{FFFD}a"),
        ([0xE4, 0xC3, 0xA9], "\u{FFFD}é"), ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xC0, 0x80], "\u{FFFD}\u{FFFD}"),
        ([0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xC3], "\u{FFFD}"),
    ])
    func bytesThatAreNoUTF8AreReplaced(bytes: [UInt8], text: String) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        _ = try await queue.fcall(["sluice_enqueue", "a", #"{"kind":"k"}"#, #"{"notify":{"url":"https://x.test/h"}}"#])
        var command: RedisCommand = ["HSET", queue.base + ":spec", "a"]
        command.append(contentsOf: Array(#"{"kind":""#.utf8) + bytes + Array(#""}"#.utf8))
        _ = try await queue.queues.store.send(command, key: queue.base)
        guard case .notices(_, _, let list)? = try await queue.end("a", worker).first?.event, let notice = list.first else {
            Issue.record("nothing is told")
            return
        }
        #expect(String(decoding: notice.spec, as: UTF8.self).contains("\"kind\":\"\(text)\""))
    }
}
