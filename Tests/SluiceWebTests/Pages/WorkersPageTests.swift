import HTTPTypes
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The page of workers.
@Suite(.timeLimit(.minutes(10)))
struct WorkersPageTests {
    @Test func eachProcessAndQueueIsARow() async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.get("/workers").says("There is no worker."))
        let started = fixture.queues.start - 60_000
        let info = #"{"host":"<i>h</i>","pid":7,"started":\#(started),"concurrency":4,"kinds":["email","a&b"],"cron":["x"]}"#
        try await fixture.join(info: info)
        try await fixture.join(in: "other", info: "{}")
        try await fixture.enqueue(["a", "b", "c"])
        _ = try await fixture.claim(2)
        let page = try await fixture.get("/workers")
        #expect(page.body.contains("sluice workers list"))
        #expect(page.says("2 live here 4 places 2 jobs held 0 leases ended"))
        #expect(page.says("<i>h</i>, process 7 mail 2h left 2 of 4 places 2 of 4 email, a&b; 1 cron 1m ago \(fixture.worker)"))
        #expect(!page.body.contains("<i>h"))
        #expect(page.says("other 2h left 0 – \(fixture.worker)"))
        #expect(page.body.contains("href=\"/jobs?queue=mail&amp;state=executing\""))
        let one = try await fixture.get("/workers?queue=other")
        #expect(one.says("1 live here") && one.body.contains("sluice workers list --queue other"))
        #expect(try await fixture.get("/workers?queue=none").says("There is no worker."))
        #expect(try await fixture.get("/workers?queue=a%20b").status == 400)
    }

    @Test func aVersionIsShownAsText() async throws {
        let fixture = try await PageFixture()
        let long = String(repeating: "v", count: 300)
        for (queue, version) in [("told", #""<b>2.3</b>""#), ("long", #""\#(long)""#), ("odd", "7"), ("none", "\"\"")] {
            try await fixture.join(
                in: QueueName(stringLiteral: queue), info: #"{"host":"h","concurrency":4,"version":\#(version)}"#)
        }
        let page = try await fixture.get("/workers")
        #expect(page.says("version <b>2.3</b> told") && !page.body.contains("<b>2.3"))
        #expect(page.says("version \(long.prefix(63))… long"))
        #expect(page.body.matches(of: /soft">version/).count == 2, "\(page.text)")
        let workers = try await fixture.inspector.workers()
        func version(_ queue: QueueName) -> String? { workers.first { $0.queue == queue }?.version }
        #expect(workers.count == 4)
        #expect(version("told") == "<b>2.3</b>")
        #expect(version("long")?.utf8.count == 128)
        #expect(version("odd") == nil && version("none") == nil)
        let told = try #require(workers.first { $0.queue == "told" })
        #expect(String(decoding: told.json.encoded(), as: UTF8.self).contains(#""version":"<b>2.3</b>""#))
    }

    @Test func whatIsWrongComesFirst() async throws {
        let fixture = try await PageFixture()
        try await fixture.join(lease: .seconds(30))
        try await fixture.enqueue(["a"])
        _ = try await fixture.claim(1)
        try await fixture.enqueue(["lonely"], in: "nobody")
        try await fixture.join(WorkerID(host: "other", process: 8), info: #"{"kinds":["email"]}"#)
        try await fixture.enqueue(["odd"], kind: "<b>odd</b>")
        // No worker calls meanwhile, which would take the job back.
        try await fixture.queues.advance(by: .seconds(40))
        let page = try await fixture.get("/workers")
        #expect(page.says("1 lease has ended: the worker is dead, or it cannot reach Redis."))
        #expect(page.says("ended 10s ago"))
        #expect(page.says("nobody : 1 job needs a worker, and there is no live one."))
        #expect(page.says("No live worker of mail handles “<b>odd</b>”: 1 job waits, such as odd ."))
        #expect(!page.body.contains("<b>odd"))
        let dead = try #require(page.text.firstRange(of: "ended 10s ago"))
        let live = try #require(page.text.firstRange(of: "1h 59m left"))
        #expect(dead.lowerBound < live.lowerBound)
    }

    @Test func manyAreListed() async throws {
        let fixture = try await PageFixture()
        for number in 0..<200 as Range<Int32> {
            try await fixture.join(
                WorkerID(host: "h\(number)", process: number), in: QueueName(stringLiteral: "q\(number % 20 + 10)"))
        }
        let first = try await fixture.get("/workers")
        #expect(first.says("120 live here"))
        let next = try #require(first.body.firstMatch(of: /href="(\/workers\?from=\d+)"/)).output.1
        #expect(try await fixture.get(String(next)).says("80 live here"))
        #expect(try await fixture.get("/workers?queue=q11").says("10 live here"))
    }

    @Test(arguments: [
        (#"{"host":"h","pid":3,"kinds":["*"]}"#, "h, process 3", "all kinds"), ("", "", ""), ("[1]", "", ""),
        (#"{"kinds":["a","b","c","d","e","f","g","h"]}"#, "", "a, b, c, d, e, f and 2 more"),
        (#"{"pid":9007199254740993,"concurrency":0}"#, "process 9007199254740993", ""), (#"{"host":7}"#, "", ""),
    ])
    func whateverAWorkerTellsIsRead(_ text: String, _ place: String, _ handles: String) {
        let info = WorkerInfo(text)
        #expect(info.place == place && info.handles == handles && info.concurrency == nil)
    }
}
