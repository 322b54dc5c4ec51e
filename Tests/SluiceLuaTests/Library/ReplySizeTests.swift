import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Replies that grow with what people put in are cut at some bytes, and go on where they were cut.
@Suite(.timeLimit(.minutes(10)))
struct ReplySizeTests {
    /// Adds an entry of about so many bytes, most of them behind the functions' back: to check large ones takes the server its time.
    private func put(_ name: String, _ bytes: Int, next: Int = 60, zone: String = "UTC", in queue: LuaQueue) async throws {
        let entry = LuaQueue.entry().replacing("UTC", with: zone)
        try await queue.put(name, entry, next: next)
        let large = entry.replacing("[]", with: "[\"\(String(repeating: "x", count: bytes))\"]")
        try await queue.redis("HSET", "cron", name, large)
    }

    @Test func entriesOfCronComePageByPage() async throws {
        let queue = try await LuaQueue()
        for number in 0..<8 { try await put("e\(number)", 200_000, in: queue) }
        var pages: [[String]] = []
        var after: String?
        repeat {
            let page = try await queue.call(CronList(after: after))
            pages.append(page.items.map(\.name))
            after = page.next
        } while after != nil
        #expect(pages == [["e0", "e1"], ["e2", "e3"], ["e4", "e5"], ["e6", "e7"]])
        let all = try await queue.queues.store.cronEntries(of: queue.name)
        #expect(all.items.map(\.name) == pages.flatMap { $0 } && all.next == nil && all.now == queue.start)
        #expect(try await queue.call(CronList("e5")).items.map(\.name) == ["e5"])
        try await queue.checkRefused(["cron", "", "a b"], "the name of a cron entry must be")
        try await queue.checkRefused(["cron", ""], "the name of a cron entry must be")
    }

    @Test func oneEntryComesWhateverItsSize() async throws {
        let queue = try await LuaQueue()
        for name in ["a", "b"] { try await put(name, 600_000, in: queue) }
        #expect(try await queue.call(CronList(after: nil)).items.map(\.name) == ["a"])
        #expect(try await queue.call(CronList(after: "a")).items.map(\.name) == ["b"])
        #expect(try await queue.queues.store.cronEntries(of: queue.name).items.count == 2)
    }

    @Test func largeEntriesThatAreDueFireOneReplyAfterAnother() async throws {
        let queue = try await LuaQueue()
        for number in 0..<3 { try await put("e\(number)", 400_000, in: queue) }
        try await queue.advance(70)
        #expect(try await queue.call(CronDue()).items.map(\.name) == ["e0"])
        #expect(try await queue.queues.store.fireCron(on: queue.name) { _, _ in } == 3)
    }

    @Test func entriesThatCannotBeFiredHereHoldUpNoOthers() async throws {
        let queue = try await LuaQueue()
        for number in 0..<60 {
            try await queue.put("bad\(number)", LuaQueue.entry().replacing("UTC", with: "Mars/Olympus"), next: 1)
        }
        try await put("large", 600_000, next: 2, zone: "Mars/Olympus", in: queue)
        try await queue.put("good", next: 60)
        try await queue.advance(70)
        var complaints: [String] = []
        #expect(try await queue.queues.store.fireCron(on: queue.name) { item, _ in complaints.append(item.name) } == 1)
        #expect(complaints.count == 61 && Set(complaints).count == 61)
        // They stay due: it is looked for them again, and not at once.
        #expect(try await queue.call(CronDue()).items.count == 50)
        #expect(try await queue.redis("ZSCORE", "timed", "@cron") == "\(queue.start + 72_000)")
        try await queue.checkRefused(["cron_due", "x"], "skip must be a whole number")
    }

    @Test func callbacksOfABatchComeOneReplyAfterAnother() async throws {
        let batch = try await LuaQueue("batch.b")
        let spec = #"{"kind":"k","args":"\#(String(repeating: "x", count: 400_000))"}"#
        let events = ["attempted", "completed", "exhausted"]
        _ = try await batch.fcall(["batch", "open", "name"] + events.flatMap { [$0, "work\n\n\(spec)"] })
        var reply = try await batch.queues.store.call(BatchCall(.seal), batch: BatchID("b"))
        var told: [String] = []
        while !reply.firing.isEmpty {
            #expect(reply.firing.count == 1)
            // Until it is known to have arrived, it comes again.
            #expect(try await batch.queues.store.call(BatchCall(.maintain), batch: BatchID("b")).firing == reply.firing)
            told += reply.firing.keys
            reply = try await batch.queues.store.call(BatchCall(.fired(Array(reply.firing.keys))), batch: BatchID("b"))
        }
        #expect(told.sorted() == events)
    }

    @Test func allCallbacksOfABatchArriveInOneCall() async throws {
        let batch = try await LuaQueue("batch.b")
        let work = try await LuaQueue("work", in: batch.queues)
        let spec = #"{"kind":"k","args":"\#(String(repeating: "x", count: 400_000))"}"#
        _ = try await batch.fcall(
            ["batch", "open", "name"] + ["attempted", "completed", "exhausted"].flatMap { [$0, "work\n\n\(spec)"] })
        try await Relay(batch.queues.store).seal(BatchID("b"))
        #expect(try await work.status("available") == 3)
        #expect(try await batch.queues.store.call(BatchCall(.maintain), batch: BatchID("b")).firing.isEmpty)
    }
}
